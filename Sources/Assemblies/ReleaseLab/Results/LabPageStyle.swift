/// The look of the page, which is the console's: light and dark by the reader's own setting.
enum LabPageStyle {
    static let css = """
        :root { color-scheme:light dark; --bg:#fbfaf8; --fg:#1d1d1f; --dim:#6b6963; --line:#e4e1da; --card:#fff;
          --good:#2f7d4f; --bad:#b3372f; --warn:#96600a; --on:#fff }
        @media (prefers-color-scheme:dark) { :root { --bg:#151617; --fg:#e8e6e1; --dim:#a19e96; --line:#2c2e30; --card:#1c1e20;
          --good:#62b883; --bad:#e5746b; --warn:#d9a441; --on:#151617 } }
        * { box-sizing:border-box } body { margin:0 0 60px; background:var(--bg); color:var(--fg); font:15px/1.5 system-ui,sans-serif }
        header, main { max-width:960px; margin:auto; padding:0 24px } header { padding-top:30px } header p { margin:0 }
        h1 { margin:2px 0 6px; font-size:28px; letter-spacing:-.02em } h2 { margin:0 0 4px; font-size:17px } small, .dim { color:var(--dim); font-weight:400 }
        .pill { font-size:13px; font-weight:600; padding:2px 10px; border-radius:99px; color:var(--on); vertical-align:middle; white-space:nowrap }
        .pill.good { background:var(--good) } .pill.warn { background:var(--warn) } .pill.bad { background:var(--bad) }
        nav { display:grid; grid-template-columns:repeat(auto-fit,minmax(104px,1fr)); gap:8px; margin:22px 0 }
        nav a { display:block; padding:9px 12px; border:1px solid var(--line); border-top:4px solid; border-radius:8px; background:var(--card); color:var(--fg); text-decoration:none }
        nav b, nav span { display:block } nav span { font-size:13px } nav .good { border-top-color:var(--good) } nav .warn { border-top-color:var(--warn) } nav .bad { border-top-color:var(--bad) }
        nav .good span { color:var(--good) } nav .warn span { color:var(--warn) } nav .bad span { color:var(--bad) }
        article, .why { background:var(--card); border:1px solid var(--line); border-radius:10px; padding:16px 20px; margin:0 0 12px; overflow-wrap:anywhere }
        article.warn { border-left:4px solid var(--warn) } article.bad, .why { border-left:4px solid var(--bad) } .why { margin-top:22px }
        p { margin:4px 0 } ul { margin:6px 0 0; padding-left:20px }
        .finding { margin-top:10px; padding:8px 14px; border-left:3px solid var(--line) } .finding.bad { border-left-color:var(--bad) } .finding.warn { border-left-color:var(--warn) }
        table { border-collapse:collapse; font-size:14px; font-variant-numeric:tabular-nums } th { text-align:left; font-weight:500; color:var(--dim) } th, td { padding:4px 18px 4px 0; vertical-align:top }
        details table td { text-align:right } summary { color:var(--dim); cursor:pointer; margin-top:8px }
        code, pre, .mono { font:12.5px/1.5 ui-monospace,monospace } code { color:var(--dim) } pre { margin:6px 0 0; padding:8px 10px; background:var(--bg); border-radius:6px; white-space:pre-wrap }
        @media print { body { background:#fff } nav a, article { break-inside:avoid } details { display:none } }
        """
}
