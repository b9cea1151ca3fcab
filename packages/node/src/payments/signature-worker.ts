/** The thread that recovers signers: some 100 microseconds of WASM each, off the loop. */

import { parentPort } from 'node:worker_threads'
import { defined } from '@millrace/base'
import { answerOrders } from './signature-batch.ts'

const port = defined(parentPort, 'to run as a worker')
port.on('message', (orders: Uint8Array) => port.postMessage(answerOrders(orders)))
