"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 640px)");

  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const channels = hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));

  // A colour between the three of the sequential scale; 0 is the worst, 1 the best.
  function mix(share) {
    const stops = ["--scale-0", "--scale-1", "--scale-2"].map(name => channels(css(name)));
    const at = Math.min(Math.max(share, 0), 1) * 2, low = Math.min(Math.floor(at), 1);
    const part = stops[low].map((value, i) => Math.round(value + (stops[low + 1][i] - value) * (at - low)));
    return `rgb(${part.join(",")})`;
  }

  // The colours that figures name, in the page's present theme.
  function themed(value) {
    if (typeof value === "string") {
      if (value.startsWith("var:")) return css(value.slice(4));
      return value.startsWith("mix:") ? mix(Number(value.slice(4))) : value;
    }
    if (Array.isArray(value)) return value.map(themed);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, themed(inner)]));
  }

  function axis(own) {
    const base = { gridcolor: css("--line"), linecolor: css("--line"), zeroline: false, automargin: true, exponentformat: "power",
      tickfont: { size: 12 }, title: { standoff: 8, font: { size: 13 } } };
    return { ...base, ...own, title: { ...base.title, ...(own && own.title) } };
  }

  function layout(own) {
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: css("--quiet") },
      margin: { l: 52, r: 14, t: 20, b: 44 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: css("--line"), activecolor: css("--quiet") },
      hoverlabel: { bgcolor: css("--surface"), bordercolor: css("--line"), font: { color: css("--text"), size: 13 }, align: "left" },
      legend: { orientation: "h", x: 0, xanchor: "left", y: -0.2, yanchor: "top" },
      hovermode: "closest", dragmode: narrow.matches ? false : "zoom",
      ...themed(own), xaxis: axis(themed(own.xaxis)), yaxis: axis(themed(own.yaxis)),
    };
  }

  const config = { responsive: true, displaylogo: false, displayModeBar: "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

  // Whether a figure has no room to the side, so that its x and y change places.
  const isTurned = (plot, turned) => Boolean(turned) && plot.clientWidth < turned.below;

  function drawOne(id, { data, layout: wide, height, turned }) {
    const plot = document.getElementById(id), turn = isTurned(plot, turned);
    plot.style.height = `${turn ? turned.height : height}px`;
    plot.dataset.turned = turn;
    const traces = turn ? data.map(trace => ({ ...trace, x: trace.y, y: trace.x })) : data;
    Plotly.react(id, themed(traces), layout(turn ? turned.layout : wide), config);
  }

  function draw() {
    for (const [id, figure] of Object.entries(figures)) drawOne(id, figure);
    document.documentElement.dataset.drawn = dark.matches ? "dark" : "light";
  }

  function redrawTurned() {
    for (const [id, figure] of Object.entries(figures)) {
      const plot = document.getElementById(id);
      if (String(isTurned(plot, figure.turned)) !== plot.dataset.turned) drawOne(id, figure);
    }
  }

  async function copy(button) {
    const text = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(text.textContent);
    } catch {  // not allowed from a file in some browsers
      getSelection().selectAllChildren(text);
      document.execCommand("copy");
      getSelection().removeAllRanges();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  function sortKey(row, column) {
    const cell = row.cells[column];
    return "number" in cell.dataset ? Number(cell.dataset.number) : cell.textContent;
  }

  function sort(table, column) {
    const head = table.tHead.rows[0].cells[column], rising = head.getAttribute("aria-sort") !== "ascending";
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const [one, other] = [sortKey(a, column), sortKey(b, column)];
      if (one === "–" || other === "–") return (one === "–") - (other === "–");
      const order = typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));
      return rising ? order : -order;
    });
    table.tBodies[0].append(...rows);
  }

  // Marks the section that is being read.
  function follow() {
    const links = new Map([...document.querySelectorAll("nav a")].map(a => [a.hash.slice(1), a]));
    const seen = new IntersectionObserver(entries => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.classList.toggle("here", link === links.get(entry.target.id));
      }
    }, { rootMargin: "-20% 0px -75% 0px" });
    for (const id of links.keys()) seen.observe(document.getElementById(id));
  }

  for (const button of document.querySelectorAll(".copy")) button.addEventListener("click", () => copy(button));
  for (const table of document.querySelectorAll(".sortable")) {
    table.querySelectorAll("th button").forEach((button, column) => button.addEventListener("click", () => sort(table, column)));
  }
  dark.addEventListener("change", draw);
  narrow.addEventListener("change", draw);
  addEventListener("resize", redrawTurned);
  follow();
  draw();
})();
