/// The page's text. Kept in the source so that the command is one file: no resource bundle to lose.
enum ConsoleTemplate {
    static let page = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Firebreak</title>
        <noscript><meta http-equiv="refresh" content="5"></noscript>
        <style>{{{style}}}</style>
        </head>
        <body>
        <header><h1>Firebreak</h1><span>version {{version}}</span><span>{{clock}} UTC</span></header>
        <main id="live">
        {{#hasFault}}<p class="fault">{{fault}}</p>{{/hasFault}}
        <section class="tiles">{{#tiles}}<div class="tile {{tone}}"><b>{{value}}</b><span>{{name}}</span></div>{{/tiles}}</section>
        <h2>Rollouts</h2>
        {{^hasRollouts}}<p class="none">None yet. Publish a release, then: <code>firebreak rollout start linux-core@1.0.0</code></p>{{/hasRollouts}}
        {{#rollouts}}
        <article class="{{tone}}">
        <h3>{{release}} <span class="phase {{tone}}">{{phase}}</span> <small>{{id}} · {{duration}}</small></h3>
        <div class="bar" title="proven, exposed, and the cap">
        <i class="proven" style="width:{{provenShare}}"></i><i class="exposed" style="width:{{exposedShare}}"></i><i class="cap" style="left:{{capShare}}"></i>
        </div>
        <p><b>{{exposed}}</b> exposed of <b>{{cap}}</b> allowed · {{offered}} offered · {{proven}} of {{endpoints}} proven · {{failed}} failed · {{silent}} silent · largest exposure {{maxExposed}} at a cap of {{capAtMaxExposed}} · <span class="{{labTone}}">{{lab}}</span></p>
        {{#hasDrawing}}{{{drawing}}}{{/hasDrawing}}
        <p class="verdict">{{#hasDrawing}}<span class="key"><i></i>exposed<i class="cap"></i>cap</span>{{/hasDrawing}}{{verdict}}</p>
        </article>
        {{/rollouts}}
        <h2>Alerts</h2>
        {{^hasAlerts}}<p class="none">None.</p>{{/hasAlerts}}
        {{#hasAlerts}}<table><thead><tr><th>time</th><th>severity</th><th>what</th><th>endpoint</th><th>rule</th></tr></thead><tbody>
        {{#alerts}}<tr><td>{{clock}}</td><td>{{severity}}</td><td>{{title}}</td><td>{{endpoint}}</td><td class="dim">{{rule}}</td></tr>
        {{/alerts}}</tbody></table>{{/hasAlerts}}
        <h2>Endpoints</h2>
        {{^hasEndpoints}}<p class="none">None has enrolled. Start one with <code>firebreak-agent run</code>.</p>{{/hasEndpoints}}
        {{#hasEndpoints}}<table><thead><tr><th>name</th><th>tags</th><th>standing</th><th>state</th><th>active</th><th>system</th><th>sensor</th><th>events lost</th><th>last seen</th></tr></thead><tbody>
        {{#endpoints}}<tr><td>{{name}}</td><td>{{tag}}</td><td class="{{tone}}">{{standing}}</td><td class="{{stateTone}}">{{state}}</td><td>{{releases}}</td><td class="dim">{{system}}</td><td>{{sensor}}</td><td>{{lost}}</td><td>{{seen}}</td></tr>
        {{/endpoints}}</tbody></table>{{/hasEndpoints}}
        {{#hasHiddenEndpoints}}<p class="none">{{hiddenEndpoints}} more: <code>firebreak endpoint list</code></p>{{/hasHiddenEndpoints}}
        </main>
        <script>{{{script}}}</script>
        </body>
        </html>

        """

    /// Replaces the living part every two seconds; without it the page reloads itself.
    static let script = """
        setInterval(async () => {
          if (document.hidden) return;
          try {
            const answer = await fetch(location.href, {cache: 'no-store'});
            const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
            document.getElementById('live').replaceWith(next.getElementById('live'));
            document.querySelector('header').replaceWith(next.querySelector('header'));
            document.body.classList.remove('stale');
          } catch { document.body.classList.add('stale'); }
        }, 2000);
        """

    static let style = """
        :root { color-scheme: light dark; --bg:#fbfaf8; --fg:#1d1d1f; --dim:#77756f; --line:#e4e1da; --card:#fff;
          --good:#2f7d4f; --bad:#b3372f; --warn:#a8700b; --busy:#2b6cb0; --cap:#d8d3c8; }
        @media (prefers-color-scheme: dark) { :root { --bg:#151617; --fg:#e8e6e1; --dim:#96938b; --line:#2c2e30; --card:#1c1e20;
          --good:#62b883; --bad:#e5746b; --warn:#d9a441; --busy:#6fa8dc; --cap:#3a3d40; } }
        * { box-sizing:border-box } body { margin:0; background:var(--bg); color:var(--fg); font:15px/1.5 system-ui,sans-serif }
        body.stale main { opacity:.4 } header, main { max-width:1080px; margin:auto; padding:0 24px }
        header { display:flex; gap:18px; align-items:baseline; padding-top:26px; color:var(--dim) } h1 { margin:0 auto 0 0; color:var(--fg); font-size:24px; letter-spacing:-.02em }
        h2 { margin:34px 0 10px; font-size:14px; font-weight:600; color:var(--dim); text-transform:uppercase; letter-spacing:.06em }
        h3 { margin:0 0 12px; font-size:17px } small { color:var(--dim); font-weight:400 }
        .tiles { display:grid; grid-template-columns:repeat(auto-fit,minmax(130px,1fr)); gap:12px; margin-top:22px }
        .tile, article { background:var(--card); border:1px solid var(--line); border-radius:10px; padding:14px 18px }
        .tile b { display:block; font-size:28px; line-height:1.2; font-variant-numeric:tabular-nums } .tile span { color:var(--dim) }
        .tile.good b, td.good { color:var(--good) } .tile.bad b, td.bad, span.bad { color:var(--bad) } .tile.warn b, td.warn { color:var(--warn) }
        article { margin-bottom:12px; border-left:4px solid var(--busy) } article.good { border-left-color:var(--good) } article.bad { border-left-color:var(--bad) } article.warn { border-left-color:var(--warn) }
        .phase { font-size:13px; font-weight:500; padding:2px 9px; border-radius:99px; color:#fff; background:var(--busy) } .phase.good { background:var(--good) } .phase.bad { background:var(--bad) } .phase.warn { background:var(--warn) }
        .bar { position:relative; display:flex; height:16px; border-radius:5px; overflow:hidden; background:var(--line) } .bar i { display:block; transition:width .4s }
        .bar .proven { background:var(--good) } .bar .exposed { background:var(--warn) } .bar .cap { position:absolute; top:0; bottom:0; width:2px; background:var(--fg) }
        svg { width:100%; height:70px } svg path { fill:none; stroke-width:2; vector-effect:non-scaling-stroke } svg .cap { stroke:var(--fg); stroke-width:1.5; stroke-dasharray:5 4; opacity:.55 } svg .exposed { stroke:var(--warn) } svg .area { fill:var(--warn); opacity:.16; stroke:none }
        .key { float:right; color:var(--dim); font-size:13px } .key i { display:inline-block; width:22px; height:0; margin:0 6px 3px 14px; border-top:2px solid var(--warn) } .key i.cap { border-top:2px dashed var(--dim) }
        p { margin:8px 0 } .verdict, .none, .dim { color:var(--dim) } .fault { padding:10px 14px; border-radius:8px; color:#fff; background:var(--bad) }
        table { width:100%; border-collapse:collapse; font-size:14px; font-variant-numeric:tabular-nums } th { text-align:left; font-weight:500; color:var(--dim) } th, td { padding:6px 12px 6px 0; border-bottom:1px solid var(--line) }
        code { font:13px ui-monospace,monospace; background:var(--line); padding:2px 5px; border-radius:4px }
        """
}
