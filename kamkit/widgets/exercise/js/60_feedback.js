// What came of an answer: verdict, named mistakes, panel, hints, solution, history, votes.
function verdictBlock(ctx, state) {
  const { feedback } = state;
  if (!feedback) return null;
  const lines = feedback.lines.map((text) => h("p", {}, text));
  const mistakes = (feedback.mistakes || []).map((html) => h("li", { html }));
  return h(
    "div",
    { class: `kx-verdict kx-${feedback.tone}` },
    h("p", { class: "kx-head" }, icon(feedback.tone), h("strong", {}, feedback.word),
      feedback.score ? h("span", { class: "kx-score" }, feedback.score) : null),
    lines,
    mistakes.length ? h("ul", { class: "kx-mistakes" }, mistakes) : null,
    state.awaits_release ? h("p", {}, ctx.say("awaits_release")) : null,
  );
}

function bars(rows) {
  return h("div", { class: "kx-bars" }, rows.map(({ text, share, shown }) => {
    const fill = h("span", { class: "kx-fill" });
    fill.style.width = `${Math.round(100 * share)}%`;
    return h("div", { class: "kx-barline" }, h("span", { class: "kx-bartext" }, text),
      h("span", { class: "kx-track", "aria-hidden": "true" }, fill),
      h("span", { class: "kx-barnumber" }, shown));
  }));
}

function panelBlock(ctx, state) {
  if (!state.panel.length) return null;
  const key = state.panel_real ? "panel_real" : "panel_simulated";
  return h(
    "details",
    { class: "kx-panel" },
    h("summary", {}, ctx.say(key)),
    state.panel.map(({ part, bars: rows }) =>
      h("div", {}, part ? h("p", { class: "kx-label" }, part) : null, bars(rows))),
  );
}

function hintsBlock(ctx, state) {
  if (!state.hints.length) return null;
  return h("ol", { class: "kx-hints" }, state.hints.map((html, at) =>
    h("li", {}, h("p", { class: "kx-label" }, ctx.say("hint_n", { n: at + 1 })), h("div", { html }))));
}

function solutionBlock(ctx, state) {
  if (!state.solution) return null;
  return h("div", { class: "kx-solution" }, h("h4", {}, ctx.say("solution_head")),
    h("div", { html: state.solution }));
}

function historyBlock(ctx, state) {
  const team = state.behaviour === "team";
  if (state.behaviour === "poll" || state.history.length < (team ? 1 : 2)) return null;
  return h(
    "details",
    { class: "kx-history", open: team },
    h("summary", {}, ctx.say(team ? "history_team" : "history")),
    h("ol", {}, state.history.map((step) =>
      h("li", {},
        h("span", { class: `kx-step kx-${step.tone}` }, icon(step.tone), step.word),
        step.by ? h("span", { class: "kx-by" }, ctx.say("decided_by", { name: step.by })) : null,
        step.changed ? h("span", { class: "kx-changed" }, step.changed) : null,
        step.reason ? h("q", {}, step.reason) : null))),
  );
}

// One's own vote before and after the discussion.
function votesBlock(ctx, state) {
  const { before, after } = state.votes;
  if (!before && !after) return null;
  const rows = ctx.page.places.map((place) =>
    h("tr", {}, h("th", { scope: "row", html: place.text.html }),
      [before, after].map((id) =>
        h("td", {}, id === place.id
          ? [h("span", { class: "kx-vote", "aria-hidden": "true" }), hidden(ctx.say("your_vote"))]
          : hidden("–")))));
  return h("table", { class: "kx-votes" }, h("caption", {}, ctx.say("votes")),
    h("thead", {}, h("tr", {}, h("td", {}),
      h("th", { scope: "col" }, ctx.say("before")), h("th", { scope: "col" }, ctx.say("after")))),
    h("tbody", {}, rows));
}

// The rubric of a free text: ticked by oneself or by the trainer; both are kept.
function rubricBlock(ctx, state, send) {
  if (!ctx.page.rubric.length || !(state.can.mark || Object.keys(state.marks).length)) return null;
  const who = h("select", { "aria-label": ctx.say("marked_by"), disabled: !state.can.mark },
    h("option", { value: "self" }, ctx.say("by_self")),
    h("option", { value: "trainer" }, ctx.say("by_trainer")));
  const comment = h("textarea", { rows: "2", maxlength: "2000", disabled: !state.can.mark,
    "aria-label": ctx.say("comment"), placeholder: ctx.say("comment") });
  const boxes = ctx.page.rubric.map((line) => {
    const box = h("input", { type: "checkbox", value: line.id, disabled: !state.can.mark });
    return { box, row: h("label", { class: "kx-choice" }, box, h("span", { html: line.text.html }),
      h("span", { class: "kx-unit" }, ctx.say("worth", { points: line.points }))) };
  });
  const fill = () => {
    const mark = state.marks[who.value] || { ticks: [], comment: "" };
    for (const { box } of boxes) box.checked = mark.ticks.includes(box.value);
    comment.value = mark.comment || "";
  };
  who.value = state.marks.trainer && !state.marks.self ? "trainer" : "self";
  who.addEventListener("change", fill);
  fill();
  const save = () => send("mark", {
    by: who.value,
    ticks: boxes.filter((b) => b.box.checked).map((b) => b.box.value),
    comment: comment.value,
  });
  return h(
    "fieldset",
    { class: "kx-rubric" },
    h("legend", {}, ctx.say("rubric")),
    h("p", { class: "kx-how" }, ctx.say("marked_by"), " ", who),
    boxes.map((b) => b.row),
    comment,
    state.can.mark
      ? h("button", { type: "button", class: "kx-second", onclick: save }, ctx.say("mark"))
      : null,
  );
}

function sheetBlock(ctx, sheet) {
  const short = sheet.rows.every((row) => [...row[0]].length <= 24);
  const side = (at) => (sheet.head[at].number ? "kx-num" : null);
  return h(
    "div",
    { class: short ? "kx-sheet kx-named" : "kx-sheet", tabindex: "0", role: "region", "aria-label": sheet.title },
    h("table", {},
      h("caption", {}, sheet.title),
      h("thead", {}, h("tr", {}, sheet.head.map((c, at) =>
        h("th", { scope: "col", class: side(at) }, c.text)))),
      h("tbody", {}, sheet.rows.map((row) =>
        h("tr", {}, row.map((cell, at) =>
          at === 0
            ? h("th", { scope: "row", class: side(at) }, cell)
            : h("td", { class: side(at) }, cell)))))),
  );
}
