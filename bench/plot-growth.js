// CPU time against the size of the swarm, both axes logarithmic, with what n log n would be.

const width = 640
const height = 420
const margin = { left: 70, right: 30, top: 40, bottom: 50 }
const colours = { 'block level': '#0072b2', 'piece level': '#d55e00' }

/** @param runs of `level`, `peers`, `cpuSeconds` */
export function plotGrowth(runs) {
  const xs = runs.map(({ peers }) => Math.log10(peers))
  const ys = runs.map(({ cpuSeconds }) => Math.log10(cpuSeconds))
  const [left, right] = [Math.floor(Math.min(...xs)), Math.ceil(Math.max(...xs))]
  const [low, high] = [Math.floor(Math.min(...ys)), Math.ceil(Math.max(...ys))]
  const x = (peers) =>
    margin.left + ((Math.log10(peers) - left) / (right - left)) * (width - margin.left - margin.right)
  const y = (seconds) =>
    height - margin.bottom - ((Math.log10(seconds) - low) / (high - low)) * (height - margin.top - margin.bottom)
  const line = (points) => points.map(([peers, seconds]) => `${x(peers).toFixed(1)},${y(seconds).toFixed(1)}`).join(' ')
  const marks = Object.entries(colours).flatMap(([level, colour], i) => {
    const points = runs.filter((one) => one.level === level).map(({ peers, cpuSeconds }) => [peers, cpuSeconds])
    const [first, seconds] = points[0]
    const reference = points.map(([peers]) => [peers, (seconds * peers * Math.log(peers)) / (first * Math.log(first))])
    return [
      `<polyline fill="none" stroke="#777" stroke-dasharray="4 4" points="${line(reference)}"/>`,
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${line(points)}"/>`,
      ...points.map(
        ([peers, at]) => `<circle cx="${x(peers).toFixed(1)}" cy="${y(at).toFixed(1)}" r="4" fill="${colour}"/>`,
      ),
      `<text x="${margin.left + 10}" y="${margin.top + 16 + 18 * i}" fill="${colour}">${level}</text>`,
    ]
  })
  const powers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${margin.left}" y="22" font-size="15">The lab: CPU time by size of the swarm (dashed: n log n)</text>`,
    ...powers(left, right).map(
      (peers) => `<text x="${x(peers)}" y="${height - 28}" text-anchor="middle">${peers}</text>`,
    ),
    ...powers(low, high).map(
      (at) =>
        `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(at)}" y2="${y(at)}" stroke="#ddd"/><text x="${margin.left - 8}" y="${y(at) + 4}" text-anchor="end">${at}</text>`,
    ),
    `<text x="${width / 2}" y="${height - 8}" text-anchor="middle">peers</text>`,
    `<text transform="translate(16 ${height / 2}) rotate(-90)" text-anchor="middle">seconds of CPU</text>`,
    ...marks,
    '</svg>',
    '',
  ].join('\n')
}
