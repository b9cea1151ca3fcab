// A picture of one paid transfer: rate and credit over time, as a plain SVG that needs no script.

const width = 860
const height = 360
const margin = { left: 70, right: 80, top: 40, bottom: 45 }
const baseUnitsPerBtt = 1e18
const bytesPerMiB = 1 << 20

/** @param progress events of `get --jsonl`: `at` in ms, `bytes`, `credit` in base units as a decimal string. */
export function plotTransfer(progress) {
  const since = (it) => (it.at - progress[0].at) / 1000
  const rates = progress.slice(1).map((it, index) => {
    const before = progress[index]
    return [since(it), (it.bytes - before.bytes) / bytesPerMiB / Math.max(since(it) - since(before), 0.001)]
  })
  const credits = progress.map((it) => [since(it), Number(it.credit ?? 0) / baseUnitsPerBtt])
  const seconds = Math.max(...progress.map(since), 1)
  const rateMax = niceMax(Math.max(...rates.map(([, rate]) => rate), 1))
  const creditMax = niceMax(Math.max(...credits.map(([, credit]) => credit), 1))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${margin.left}" y="22" font-size="15">A paid download: rate and credit over time</text>`,
    ...grid(seconds, rateMax, creditMax),
    line(rates, seconds, rateMax, '#0072b2', ''),
    line(credits, seconds, creditMax, '#d55e00', ' stroke-dasharray="6 3"'),
    `<text x="${margin.left}" y="${height - 8}" fill="#0072b2">rate, MiB/s (left)</text>`,
    `<text x="${width - margin.right}" y="${height - 8}" fill="#d55e00" text-anchor="end">credit, BTT (right)</text>`,
    '</svg>',
    '',
  ].join('\n')
}

function x(second, seconds) {
  return margin.left + (second / seconds) * (width - margin.left - margin.right)
}

function y(value, max) {
  return height - margin.bottom - (value / max) * (height - margin.top - margin.bottom)
}

function line(points, seconds, max, colour, dash) {
  const path = points.map(([second, value]) => `${x(second, seconds).toFixed(1)},${y(value, max).toFixed(1)}`).join(' ')
  return `<polyline fill="none" stroke="${colour}" stroke-width="1.8"${dash} points="${path}"/>`
}

function grid(seconds, rateMax, creditMax) {
  const marks = []
  for (let step = 0; step <= 4; step += 1) {
    const at = y(step, 4).toFixed(1)
    marks.push(`<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}" stroke="#ddd"/>`)
    marks.push(`<text x="${margin.left - 8}" y="${at}" text-anchor="end">${round((rateMax * step) / 4)}</text>`)
    marks.push(`<text x="${width - margin.right + 8}" y="${at}">${round((creditMax * step) / 4)}</text>`)
    const second = (seconds * step) / 4
    const below = height - margin.bottom + 18
    marks.push(`<text x="${x(second, seconds).toFixed(1)}" y="${below}" text-anchor="middle">${round(second)} s</text>`)
  }
  return marks
}

function niceMax(value) {
  const unit = 10 ** Math.floor(Math.log10(value))
  return Math.ceil(value / unit) * unit
}

function round(value) {
  return String(Math.round(value * 10) / 10)
}
