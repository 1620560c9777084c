// The meeting: spreads above, people and the form side by side, effects and changes below.
const ANSWER_WITHIN = 8000;

function skeleton(ctx, list) {
  const { page } = ctx;
  const at = {};
  const slot = (name, given = {}) => (at[name] = h("div", given));
  const titled = `${ctx.id}-title`;
  const hide = h("input", { type: "checkbox", id: `${ctx.id}-hide`, onchange: ctx.hide });
  const root = h("section", { class: "kx kc", lang: page.lang === "zh" ? "zh-CN" : "en",
    "aria-labelledby": titled, "data-lm-suppress-shortcuts": "true" },
    h("header", { class: "kc-head" }, h("h3", { id: titled }, page.title),
      h("label", { for: hide.id }, hide, ` ${ctx.say("hide_names")}`)),
    h("p", { class: "kc-lead" }, ctx.say("lead")),
    slot("line", { class: "kx-line", role: "status" }),
    slot("problem", { class: "kx-problem", role: "alert" }),
    h("details", { open: true, class: "kc-strip" }, h("summary", {}, ctx.say("spreads")),
      h("div", { html: page.strip })),
    h("div", { class: "kc-desk" }, list.node, slot("adjust", { class: "kc-adjust" })),
    slot("effect", { "aria-live": "off" }),
    slot("changes"));
  return { root, at };
}

function render({ model, el }) {
  const page = model.get("page");
  const ctx = { page, id: `kc${(instances += 1)}`, say: sayer(page.words), chosen: "",
    hidden: false, state: () => model.get("state") };
  const codes = new Map(model.get("state").people.map((p) => p.id).sort()
    .map((id, i) => [id, ctx.say("person", { number: i + 1 })]));
  const byName = new Map(model.get("state").people.map((p) => [p.name, p.id]));
  ctx.shown = (person) => (ctx.hidden ? codes.get(person.id) : person.name);
  ctx.named = (name) => (ctx.hidden ? codes.get(byName.get(name)) || name : name);
  const keep = { by: "" };
  let waiting = null;
  let panel = { update() {} };
  const send = (type, given = {}) => {
    const n = `${Date.now()}-${Math.random().toString(36).slice(2, 8)}`;
    if (type !== "preview") {
      clearTimeout(waiting && waiting.timer);
      waiting = { n, type, timer: setTimeout(unanswered, ANSWER_WITHIN) };
    }
    model.send({ n, type, by: keep.by, ...given });
  };
  const unanswered = () => {
    at.problem.textContent = ctx.say("no_answer");
    if (panel.free) panel.free();
    waiting = null;
  };
  const showPanel = () => {
    panel = adjustPanel(ctx, keep, send, leave);
    at.adjust.replaceChildren(panel.node);
    panel.update({});
  };
  const choose = (id) => {
    if (id === ctx.chosen) return;
    ctx.chosen = id;
    list.mark();
    showPanel();
    drawEffect({ ...ctx.state(), trial: null });
  };
  const leave = () => {
    showPanel();
    drawEffect({ ...ctx.state(), trial: null });
    list.list.focus();
  };
  ctx.hide = (event) => {
    ctx.hidden = event.target.checked;
    list.update(ctx.state());
    showPanel();
    drawEffect(ctx.state());
    at.changes.replaceChildren(changePanel(ctx, ctx.state(), send));
  };
  const list = peopleList(ctx, choose, () => panel.enter && panel.enter());
  const { root, at } = skeleton(ctx, list);
  const drawEffect = (state) => at.effect.replaceChildren(effectPanel(ctx, state));
  let length = -1;
  const draw = () => {
    const state = ctx.state();
    const mine = waiting && state.ack === waiting.n;
    at.problem.textContent = state.problem || "";
    if (state.changes.length !== length) {
      length = state.changes.length;
      list.update(state);
      at.changes.replaceChildren(changePanel(ctx, state, send));
    }
    if (mine) {
      clearTimeout(waiting.timer);
      waiting = null;
      at.line.textContent = state.saved || "";
      at.line.classList.toggle("kx-line-saved", Boolean(state.saved));
      if (state.saved) {
        showPanel();
        list.list.focus();
      } else if (panel.asked) panel.asked(state);
    }
    panel.update(state);
    drawEffect(state);
    root.dataset.ack = state.ack;
  };
  el.replaceChildren(root);
  showPanel();
  draw();
  root.dataset.ready = "yes";
  model.on("change:state", draw);
  return () => model.off("change:state", draw);
}

export default { render };
