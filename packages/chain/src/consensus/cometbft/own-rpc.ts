/** Questions to the cometbft beside us, over the socket that it opens for its node. */

import { request } from 'node:http'
import { dirname, join } from 'node:path'
import { MillraceError, messageOf } from '@millrace/base'

/** In the folder of the ABCI socket, which is where cometbft runs; so its peers are told this name and no path of ours. */
export const ownRpcName = 'rpc.sock'
const answerMsMax = 2000
const answerBytesMax = 8_388_608

export class ConsensusRpcError extends MillraceError<'unanswered'> {}

/** One of CometBFT's questions that have no parameters: the `result` of its answer, of whatever shape. */
export type AskConsensus = (question: 'status' | 'net_info' | 'dump_consensus_state') => Promise<unknown>

/**
 * While a question is being answered, who asks the same shares its answer: callers of ours can't press cometbft.
 *
 * @param abciPath where the application listens
 * @throws ConsensusRpcError unanswered: cometbft starts, replays, or is gone
 * @example const status = await consensusRpc('/data/abci.sock')('status')
 */
export function consensusRpc(abciPath: string): AskConsensus {
  const socketPath = join(dirname(abciPath), ownRpcName)
  const asked = new Map<string, Promise<unknown>>()
  return (question) => {
    const before = asked.get(question)
    if (before !== undefined) return before
    const answer = get(socketPath, question).finally(() => asked.delete(question))
    asked.set(question, answer)
    return answer
  }
}

async function get(socketPath: string, question: string): Promise<unknown> {
  try {
    const answer: unknown = JSON.parse(await text(socketPath, `/${question}`))
    const result: unknown = Reflect.get(Object(answer), 'result')
    if (result === undefined) throw new Error(`no result in ${JSON.stringify(answer).slice(0, 200)}`)
    return result
  } catch (cause) {
    throw new ConsensusRpcError('unanswered', `cometbft does not answer ${question}: ${messageOf(cause)}`, { cause })
  }
}

function text(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(answerMsMax)
    const asking = request({ socketPath, path, agent: false, signal }, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > answerBytesMax) asking.destroy(new Error(`an answer above ${answerBytesMax} bytes`))
        else chunks.push(chunk)
      })
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      response.on('error', reject)
    })
    asking.on('error', reject)
    asking.end()
  })
}
