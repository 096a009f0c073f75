/** Readable by day and by night, on paper too; nothing is fetched from anywhere. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#66707c;--line:#d7dce2;--back:#fff;--good:#2f8f5b;--bad:#c9372c;--p50:#2563c9;--p99:#b4610b}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--dim:#97a1ad;--line:#39414b;--back:#14181d;--good:#4bb67c;--bad:#ef6a5f;--p50:#6ea8fe;--p99:#e39a4a}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);max-width:880px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.05rem;margin:2rem 0 .6rem}p.about{color:var(--dim);margin-top:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--dim);font-weight:500}th:first-child,td:first-child{text-align:left;overflow-wrap:anywhere}
svg{width:100%;height:auto;display:block}.grid{stroke:var(--line);stroke-width:1}text{fill:var(--dim);font-size:11px}.left{text-anchor:end;dominant-baseline:middle}.below{text-anchor:middle}
rect.good{fill:var(--good)}rect.bad{fill:var(--bad)}path{fill:none;stroke-width:1.6}path.p50{stroke:var(--p50)}path.p99{stroke:var(--p99)}circle.p50{fill:var(--p50)}circle.p99{fill:var(--p99)}
line.mark{stroke:var(--p99);stroke-width:1;stroke-dasharray:3 3}text.mark{fill:var(--p99)}.key b{font-weight:600}.key .p50{color:var(--p50)}.key .p99{color:var(--p99)}.key .good{color:var(--good)}.key .bad{color:var(--bad)}
.figures{display:flex;flex-wrap:wrap;gap:1.6rem}.figures div{min-width:6rem}.figures b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}.figures span{color:var(--dim)}
.warn{border-left:4px solid var(--bad);padding:.3rem .9rem}pre{overflow:auto;border:1px solid var(--line);padding:.8rem;font-size:12px}
`.trim()
