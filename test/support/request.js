// One HTTP request from wherever this runs, which may be another network namespace: prints the body, bytes as latin1.
// usage: node request.js URL [JSON body]. Transmission's 409 with a session id is answered as it wants.

const [url = '', body] = process.argv.slice(2)
const ask = (headers) => fetch(url, body === undefined ? {} : { method: 'POST', body, headers })

let response = await ask({})
const session = response.headers.get('x-transmission-session-id')
if (response.status === 409 && session !== null) response = await ask({ 'x-transmission-session-id': session })
process.stdout.write(Buffer.from(await response.arrayBuffer()).toString('latin1'))
