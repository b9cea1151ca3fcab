/** How a report looks. Series colours are Okabe and Ito's, which colour-blind people tell apart; brighter in the dark. */

export const styleSheet = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1f23; --faint: #5d656e; --rule: #dfe3e8; --card: #f7f8fa;
  --s0: #0072b2; --s1: #d55e00; --s2: #008361; --s3: #b4508a; --s4: #8a6d00; --s5: #444c56; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171a; --ink: #e8ebee; --faint: #9aa4ae; --rule: #2d333a; --card: #1b1f24;
    --s0: #56b4e9; --s1: #f08a4b; --s2: #2fc79a; --s3: #e39cc5; --s4: #f0e442; --s5: #b8c0c8; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1400px; padding: 24px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 16px; margin: 0; }
.sub, figcaption p { color: var(--faint); margin: 0; }
.sums { display: flex; flex-wrap: wrap; gap: 8px 28px; margin: 16px 0 0; }
.sums dt { color: var(--faint); font-size: 13px; }
.sums dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 20px; margin: 20px 0; }
figure { margin: 0; padding: 16px; background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
  min-width: 0; align-self: start; }
figcaption p { font-size: 13px; }
svg { display: block; width: 100%; height: auto; margin-top: 8px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 10px 0 0; padding: 0; font-size: 13px; }
.key { display: inline-block; width: 18px; height: 4px; border-radius: 2px; margin-right: 6px; vertical-align: middle;
  background: currentColor; }
.grid { stroke: var(--rule); stroke-width: 1; }
.axis { stroke: var(--faint); stroke-width: 1; }
.tick, .name { fill: var(--faint); font: 12px system-ui, sans-serif; }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.dot { fill: currentColor; fill-opacity: .7; }
.bar { fill: currentColor; }
.s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); }
.s3 { color: var(--s3); } .s4 { color: var(--s4); } .s5 { color: var(--s5); }
.line.s1 { stroke-dasharray: 8 3; } .line.s2 { stroke-dasharray: 2 3; } .line.s3 { stroke-dasharray: 8 3 2 3; }
.line.s4 { stroke-dasharray: 12 4; } .line.s5 { stroke-width: 1.4; }
details { margin-top: 10px; font-size: 13px; }
summary { cursor: pointer; color: var(--faint); }
.scroll { overflow-x: auto; max-height: 320px; }
table { border-collapse: collapse; margin-top: 6px; font-variant-numeric: tabular-nums; }
th, td { padding: 2px 14px 2px 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; color: var(--faint); } td.text, th:first-child { text-align: left; }
h3 { font-size: 14px; margin: 16px 0 0; }
pre { overflow-x: auto; padding: 12px; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
`
