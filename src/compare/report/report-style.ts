/** The style of the report, for light and dark, screens of any width, and paper. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --paper: #fff; --card: #f6f8fa; --ours: #0969da; --theirs: #818b98; --bad: #cf222e; --odd: #9a6700; --good: #1a7f37 }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f6fc; --soft: #9198a1; --line: #3d444d; --paper: #0d1117; --card: #151b23; --ours: #4493f8; --theirs: #9198a1; --bad: #f85149; --odd: #d29922; --good: #3fb950 } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem } h3 { font-size: 1rem; margin: 1.75rem 0 .25rem; overflow-wrap: anywhere }
p, li, summary { color: var(--soft) } .bad { color: var(--bad) } .odd { color: var(--odd) } .good { color: var(--good) } .soft { color: var(--soft) }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.75rem, 1fr)); gap: .75rem; margin: 1.25rem 0 }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .75rem } .card p { margin: 0; font-size: 13px } .card .big { font-size: 1rem; font-weight: 600; line-height: 1.6 } .card .big:not(.bad, .good) { color: var(--ink) }
.warning { border-left: 3px solid var(--odd); background: var(--card); color: var(--ink); padding: .5rem .75rem; margin: .5rem 0 }
table { border-collapse: collapse; width: 100%; table-layout: fixed } td, th { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere } th { font-weight: 600 } th:first-child { width: 26% } .commands th { width: 10rem } td small { color: var(--soft) }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap } pre { background: var(--card); border-radius: .375rem; padding: .5rem .75rem; margin: .5rem 0 }
details { margin: 1rem 0 } summary { cursor: pointer } details ul { margin: .25rem 0 }
.plots { overflow-x: auto } svg { width: 100%; min-width: 38rem; height: auto; display: block } svg text { font: 13px system-ui, sans-serif; fill: var(--ink) } svg .soft { fill: var(--soft) } svg .title { font-weight: 600 }
svg .good { fill: var(--good) } svg .bad { fill: var(--bad) } svg .ours { fill: var(--ours) } svg .theirs { fill: var(--theirs) } svg .dot { stroke: var(--paper); stroke-width: 1.5; fill-opacity: .85 } svg .range { stroke: var(--ink); stroke-width: 1.5 } svg .axis { stroke: var(--line) }
@media print { body { max-width: none; margin: 0 } h3, tr, svg { break-inside: avoid } }
`;
