// Before and after, and the list of changes.
function plainTable(ctx, key, data, note) {
  if (!data.rows.length) return null;
  return h("div", { class: key === "fairness" ? "kc-block kc-wide" : "kc-block" },
    h("h5", {}, ctx.say(key)),
    h("table", {},
      h("thead", {}, h("tr", {}, data.heads.map((head, i) =>
        h("th", { scope: "col", class: i ? "kx-num" : "" }, head)))),
      h("tbody", {}, data.rows.map((row) => h("tr", {}, row.map((cell, i) =>
        i ? h("td", { class: "kx-num" }, cell) : h("th", { scope: "row" }, cell)))))),
    note ? h("p", { class: "kc-note" }, ctx.say(note)) : null);
}

function moveList(ctx, moves) {
  if (!moves.length) return h("p", { class: "kc-none" }, ctx.say("nobody_moved"));
  return h("ul", { class: "kc-moves" }, moves.map((move) => h("li", {},
    h("span", { class: `kc-way-${move.way}` }, icon(move.way)),
    h("b", {}, ctx.named(move.name)), ` ${move.grade} `, h("small", {}, move.total))));
}

function effectPanel(ctx, state) {
  const trial = Boolean(state.trial);
  const data = state.trial || state.effect;
  return h("div", { class: trial ? "kc-effect kc-trial" : "kc-effect" },
    h("h4", {}, ctx.say(trial ? "effect_trial" : "effect")),
    h("div", { class: "kc-blocks" },
      h("div", { class: "kc-block" }, h("h5", {}, ctx.say("moved")), moveList(ctx, data.moves)),
      plainTable(ctx, "grades", data.grades, "grades_note"),
      plainTable(ctx, "managers", data.managers, "managers_note"),
      plainTable(ctx, "raters", data.raters, "raters_note"),
      plainTable(ctx, "fairness", data.fairness, "fairness_note")));
}

function changeItem(ctx, change, send) {
  const undo = () => send("undo", { change: change.id });
  return h("li", { class: change.back ? "kc-back" : "" },
    h("span", { class: "kc-number" }, `${change.number}`),
    h("span", { class: "kc-what" },
      h("b", {}, ctx.named(change.name)), ` ${change.part} ${change.change}`,
      h("small", {}, [change.day, change.by].filter(Boolean).join(" · ")),
      h("span", { class: "kc-why" }, change.reason)),
    change.undo ? h("button", { type: "button", class: "kx-second", onclick: undo,
      "aria-label": ctx.say("undo_this", { number: change.number }) }, ctx.say("undo")) : null);
}

function changePanel(ctx, state, send) {
  const save = () => {
    const blob = new Blob(["\ufeff", ctx.state().csv], { type: "text/csv;charset=utf-8" });
    const link = h("a", { href: URL.createObjectURL(blob), download: ctx.page.file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const count = state.changes.length;
  return h("div", {},
    h("h4", {}, ctx.say("changes", { count })),
    count
      ? h("ol", { class: "kc-changes" }, state.changes.map((c) => changeItem(ctx, c, send)))
      : h("p", { class: "kc-none" }, ctx.say("no_changes")),
    count ? h("button", { type: "button", class: "kx-second", onclick: save }, ctx.say("export"))
      : null);
}
