import { createTcpTransport } from '@millrace/net'
import { createMemoryTransport } from './memory-transport.ts'
import { transportCompliance } from './transport.ts'

transportCompliance('TCP', () => createTcpTransport())
transportCompliance('memory', createMemoryTransport)
