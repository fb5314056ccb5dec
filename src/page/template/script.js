"use strict";
(() => {
  const root = document.documentElement;
  const by = (id) => document.getElementById(id);
  const make = (tag, text, name) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  root.classList.add("js");

  // Light or dark: what the system says, until somebody chooses. A page in a sandbox keeps nothing.
  const theme = by("theme");
  const keep = {
    get() { try { return localStorage.getItem("rowguard-theme"); } catch { return null; } },
    set(value) { try { localStorage.setItem("rowguard-theme", value); } catch { /* kept for this view only */ } },
  };
  const wants = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : wants.matches);
  const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
  const kept = keep.get();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    keep.set(root.dataset.theme);
    showTheme();
  });
  wants.addEventListener("change", showTheme);
  showTheme();

  // Paper has no disclosure: what is closed is opened for it, and closed again, but for mere notes.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open], .info)")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });

  const copy = async (button, text) => {
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = said; }, 1500);
  };

  // Findings.
  const list = by("finding-list");
  if (list) {
    const all = [...list.children].map((node) => ({
      node, text: node.textContent.toLowerCase(), ...node.dataset,
    }));
    const levels = [...document.querySelectorAll("input[name=level]")];
    const rule = by("finding-rule"), schema = by("finding-schema"), text = by("finding-text"), accepted = by("finding-accepted");
    const show = () => {
      const wanted = new Set(levels.filter((one) => one.checked).map((one) => one.value));
      const words = text.value.toLowerCase().split(/\s+/);
      let shown = 0;
      for (const one of all) {
        const fits = wanted.has(one.level)
          && (!rule.value || one.rule === rule.value)
          && (schema.value === "*" || one.schema === schema.value)
          && (!accepted || accepted.checked || !one.node.classList.contains("accepted"))
          && words.every((word) => one.text.includes(word));
        one.node.hidden = !fits;
        if (fits) shown += 1;
      }
      by("finding-count").textContent = `${shown} of ${all.length}`;
    };
    for (const one of [...levels, rule, schema, text, accepted]) one?.addEventListener("input", show);
    by("finding-reset").addEventListener("click", () => {
      for (const one of levels) one.checked = true;
      if (accepted) accepted.checked = true;
      rule.value = "";
      schema.value = "*";
      text.value = "";
      show();
    });
    by("finding-copy").addEventListener("click", (event) => {
      const fixes = all.filter((one) => !one.node.hidden)
        .map((one) => one.node.querySelector(".fix code")?.textContent)
        .filter((fix) => fix);
      copy(event.currentTarget, [...new Set(fixes)].join("\n") + "\n");
    });
    for (const pre of list.querySelectorAll(".fix")) {
      const button = make("button", "Copy");
      button.type = "button";
      button.addEventListener("click", () => copy(button, pre.querySelector("code").textContent));
      pre.append(button);
    }
  }

  // Access: a grid with one stop for the tab key, and arrow keys inside.
  const matrix = by("matrix");
  if (matrix) {
    const panel = by("cell"), said = by("cell-text");
    const rows = [...matrix.querySelectorAll("tbody tr:not(.schema)")];
    const who = [...matrix.querySelectorAll("thead .who .name")].map((one) => one.textContent);
    const commands = [...matrix.rows[1].cells].slice(1).map((one) => one.textContent);
    const perIdentity = commands.length / who.length;
    const meanings = {};
    for (const term of document.querySelectorAll(".legend dt")) {
      meanings[term.className] = term.nextElementSibling.textContent;
    }
    matrix.setAttribute("role", "grid");
    const cells = (row) => [...row.cells].slice(1);
    const visible = () => rows.filter((row) => !row.hidden);
    let stop = null, chosen = null;
    const stopAt = (cell) => {
      if (stop) stop.tabIndex = -1;
      stop = cell;
      if (stop) stop.tabIndex = 0;
    };
    for (const row of rows) for (const cell of cells(row)) cell.tabIndex = -1;
    stopAt(rows[0].cells[1]);

    const close = () => {
      panel.hidden = true;
      chosen?.classList.remove("chosen");
      chosen?.removeAttribute("aria-selected");
      chosen = null;
    };
    const open = (cell) => {
      if (!cell.className) return;
      close();
      const verdict = cell.className;
      const column = cell.cellIndex - 1;
      const row = cell.parentElement;
      const place = row.parentElement.querySelector(".schema .name").textContent + "."
        + row.cells[0].querySelector(".name").textContent;
      const title = make("h3", `${who[Math.floor(column / perIdentity)]}: ${commands[column]} on ${place}`);
      const line = make("p", "");
      line.append(make("span", verdict, `tag ${verdict}`), meanings[verdict]);
      said.replaceChildren(title, line);
      const figure = cell.querySelector("small")?.textContent;
      if (figure && verdict !== "error") {
        const [some, total] = figure.split("/");
        said.append(make("p", `Rows: ${some}${total ? ` of ${total} looked at` : ""}`));
      }
      for (const note of (cell.title || "").split("\n")) if (note) said.append(make("p", note));
      chosen = cell;
      cell.classList.add("chosen");
      cell.setAttribute("aria-selected", "true");
      panel.hidden = false;
    };
    matrix.addEventListener("click", (event) => {
      const cell = event.target.closest("td[class]");
      if (!cell) return;
      stopAt(cell);
      cell.focus();
      if (cell === chosen) close(); else open(cell);
    });
    matrix.addEventListener("keydown", (event) => {
      const cell = event.target.closest("tbody td");
      if (!cell || event.altKey || event.metaKey) return;
      const across = cells(cell.parentElement), down = visible();
      const x = across.indexOf(cell), y = down.indexOf(cell.parentElement);
      const go = (row, column) => {
        const to = down[Math.max(0, Math.min(down.length - 1, row))];
        return cells(to)[Math.max(0, Math.min(across.length - 1, column))];
      };
      const far = event.ctrlKey;
      const moves = {
        ArrowLeft: () => go(y, x - 1), ArrowRight: () => go(y, x + 1),
        ArrowUp: () => go(y - 1, x), ArrowDown: () => go(y + 1, x),
        PageUp: () => go(y - 10, x), PageDown: () => go(y + 10, x),
        Home: () => go(far ? 0 : y, 0), End: () => go(far ? down.length : y, across.length),
      };
      if (event.key === "Enter" || event.key === " ") {
        if (cell === chosen) close(); else open(cell);
      } else if (moves[event.key]) {
        const to = moves[event.key]();
        stopAt(to);
        to.focus();
        if (!panel.hidden) open(to);
      } else {
        return;
      }
      event.preventDefault();
    });
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || panel.hidden) return;
      const back = chosen;
      close();
      back?.focus();
    });
    by("cell-close").addEventListener("click", () => {
      const back = chosen;
      close();
      back?.focus();
    });

    const text = by("access-text"), verdict = by("access-verdict"), identity = by("access-identity");
    const show = () => {
      const words = text.value.toLowerCase().split(/\s+/);
      let shown = 0;
      for (const row of rows) {
        const place = `${row.parentElement.querySelector(".schema .name").textContent}.${row.cells[0].textContent}`.toLowerCase();
        const asked = identity.value === "" ? cells(row)
          : cells(row).slice(identity.value * perIdentity, (Number(identity.value) + 1) * perIdentity);
        const fits = words.every((word) => place.includes(word))
          && (verdict.selectedIndex === 0 || asked.some((cell) => cell.classList.contains(verdict.value)));
        row.hidden = !fits;
        if (fits) shown += 1;
      }
      for (const head of matrix.querySelectorAll(".schema")) {
        head.hidden = ![...head.parentElement.rows].some((row) => row !== head && !row.hidden);
      }
      by("access-count").textContent = `${shown} of ${rows.length}`;
      if (stop?.parentElement.hidden) stopAt(visible()[0]?.cells[1] ?? null);
      if (chosen?.parentElement.hidden) close();
    };
    for (const one of [text, verdict, identity]) one.addEventListener("input", show);
  }

  // The drawing: a table under the pointer keeps its lines, the others fade.
  const drawing = document.querySelector("svg");
  if (drawing) {
    const lines = [...drawing.querySelectorAll("[data-from]")];
    const boxes = [...drawing.querySelectorAll("[data-box]")];
    for (const box of boxes) {
      const at = box.dataset.box;
      box.addEventListener("mouseenter", () => {
        const near = new Set([at]);
        for (const line of lines) {
          const touches = line.dataset.from === at || line.dataset.to === at;
          line.classList.toggle("far", !touches);
          if (touches) near.add(line.dataset.from).add(line.dataset.to);
        }
        for (const one of boxes) one.classList.toggle("far", !near.has(one.dataset.box));
      });
      box.addEventListener("mouseleave", () => {
        for (const one of [...lines, ...boxes]) one.classList.remove("far");
      });
    }
  }

  // Which section is being read.
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const id of links.keys()) watch.observe(by(id));

  // A link to a rule opens what it is about.
  const reveal = () => {
    const target = location.hash && by(location.hash.slice(1));
    const around = target && target.closest("details");
    if (around) around.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
