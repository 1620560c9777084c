// The whole exercise: drawn once per language and variant, then kept up with the state.
function reasonField(ctx) {
  if (!ctx.page.reason) return null;
  const id = `${ctx.id}-reason`;
  const input = h("input", { type: "text", id, maxlength: "500", autocomplete: "off",
    class: "kx-words", oninput: ctx.changed });
  return { input, node: h("div", { class: "kx-fields" },
    h("label", { for: id, class: "kx-label" }, ctx.say("reason")), input) };
}

function teamForm(ctx, team, send) {
  const id = `${ctx.id}-team`;
  const name = h("input", { type: "text", id, maxlength: "80", class: "kx-words" });
  const members = h("textarea", { rows: "3", id: `${id}-members`, maxlength: "1000" });
  if (team) {
    name.value = team.name;
    members.value = team.members.join("\n");
  }
  const save = () => send("team", {
    name: name.value.trim(),
    members: members.value.split(/[\n,，、;；]+/).map((m) => m.trim()).filter(Boolean),
  });
  return h(
    "fieldset",
    { class: "kx-team" },
    h("legend", {}, ctx.say("team_head")),
    h("label", { for: id, class: "kx-label" }, ctx.say("team_name")), name,
    h("label", { for: `${id}-members`, class: "kx-label" }, ctx.say("team_members")), members,
    h("button", { type: "button", class: "kx-second", onclick: save }, ctx.say("team_save")),
  );
}

function releaseForm(ctx, send) {
  const id = `${ctx.id}-release`;
  const code = h("input", { type: "text", id, maxlength: "20", autocomplete: "off",
    class: "kx-figure" });
  return h("div", { class: "kx-release" },
    h("label", { for: id, class: "kx-label" }, ctx.say("release_label")),
    h("span", { class: "kx-entry" }, code,
      h("button", { type: "button", class: "kx-second",
        onclick: () => send("release", { code: code.value }) }, ctx.say("release"))));
}

function ownSwitch(ctx, own, send) {
  return h("div", { class: "kx-own" },
    h("p", {}, ctx.say(own.on ? "own_on" : "own_offer", { count: own.count })),
    h("button", { type: "button", class: "kx-second",
      onclick: () => send("own", { on: !own.on }) }, ctx.say(own.on ? "own_leave" : "own_take")));
}

function skeleton(ctx, control, reason) {
  const { page } = ctx;
  const titled = `${ctx.id}-title`;
  const at = {};
  const slot = (name, given = {}) => (at[name] = h("div", given));
  const root = h(
    "section",
    { class: "kx", lang: page.lang === "zh" ? "zh-CN" : "en", "aria-labelledby": titled,
      "data-lm-suppress-shortcuts": "true", "data-exercise": page.id, "data-kind": page.kind },
    h("header", {},
      h("p", { class: "kx-meta" }, page.meta.map((m) => h("span", {}, m))),
      h("h3", { id: titled }, page.title)),
    slot("own"),
    h("div", { class: "kx-task", html: page.task }),
    page.sheets.map((sheet) => sheetBlock(ctx, sheet)),
    slot("team"),
    h("form", { class: "kx-answer", onsubmit: (event) => event.preventDefault() },
      h("fieldset", { class: "kx-control" }, h("legend", { class: "kx-sr" }, ctx.say("your_answer")),
        control.node),
      reason ? reason.node : null,
      slot("by")),
    h("p", { class: "kx-ask kx-whole-ask", hidden: true }),
    slot("actions", { class: "kx-actions" }),
    slot("line", { class: "kx-line", role: "status" }),
    slot("problem", { class: "kx-problem", role: "alert" }),
    slot("verdict", { "aria-live": "polite" }),
    slot("hints", { "aria-live": "polite" }),
    slot("solution", { "aria-live": "polite" }),
    slot("rubric"),
    slot("votes"),
    slot("panel"),
    slot("history"),
    slot("release"),
    h("footer", {}, slot("rule"), h("p", {}, page.source)),
  );
  at.ask = root.querySelector(".kx-whole-ask");
  return { root, at };
}

function byField(ctx, state, changed) {
  if (state.behaviour !== "team" || !state.team) return null;
  const id = `${ctx.id}-by`;
  const select = h("select", { id, onchange: changed },
    h("option", { value: "" }, ctx.say("choose")),
    state.team.members.map((m) => h("option", { value: m }, m)));
  select.value = (state.answer && state.answer.by) || "";
  return { select, node: h("div", { class: "kx-fields" },
    h("label", { for: id, class: "kx-label" }, ctx.say("by_label")), select) };
}

// Puts fresh content into a slot only where it differs, so that readers hear news once.
function fill(slot, node, sign) {
  const now = JSON.stringify(sign === undefined ? (node ? node.outerHTML : "") : sign);
  if (slot.dataset.sign === now) return;
  slot.dataset.sign = now;
  slot.replaceChildren(...(node ? [node] : []));
}

function render({ model, el }) {
  let stopView = draw(model, el);
  const again = () => {
    stopView();
    stopView = draw(model, el);
  };
  model.on("change:page", again);
  return () => {
    model.off("change:page", again);
    stopView();
  };
}

export default { render };
