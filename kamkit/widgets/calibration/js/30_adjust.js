// The chosen person's parts, and the form in which one of them is changed.
function partTable(ctx, person) {
  const note = (part) =>
    ctx.page.parts.some((p) => p.id === part.id) ? part.hint : ctx.say("counted");
  return h("table", { class: "kc-parts" },
    h("thead", {}, h("tr", {},
      ["part", "value", "weight"].map((key) =>
        h("th", { scope: "col", class: key === "part" ? "" : "kx-num" }, ctx.say(`head_${key}`))))),
    h("tbody", {}, person.parts.map((part) => h("tr", {},
      h("th", { scope: "row" }, part.label, note(part) ? h("small", {}, note(part)) : null),
      h("td", { class: "kx-num" }, part.said),
      h("td", { class: "kx-num" }, part.weight)))));
}

function ask(node, text, ...inputs) {
  node.textContent = text || "";
  node.hidden = !text;
  for (const input of inputs) {
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

function fieldNodes(ctx, person, keep) {
  const id = `${ctx.id}-f`;
  const { page } = ctx;
  const open = page.parts.filter((p) => person.parts.some((q) => q.id === p.id));
  const part = h("select", { id: `${id}-part` },
    open.map((p) => h("option", { value: p.id }, p.label)));
  const value = h("input", { type: "number", id: `${id}-value`, min: page.low, max: page.high,
    step: "0.1", inputmode: "decimal", class: "kx-figure", "aria-describedby": `${id}-a` });
  const slide = h("input", { type: "range", min: page.low, max: page.high, step: "1",
    tabindex: "-1", "aria-hidden": "true", class: "kc-slide" });
  const reason = h("textarea", { id: `${id}-reason`, rows: "3", maxlength: page.reason.most,
    required: true, "aria-describedby": `${id}-count ${id}-r` });
  const by = page.deciders.length
    ? h("select", { id: `${id}-by` }, h("option", { value: "" }, ctx.say("choose")),
      page.deciders.map(([key, name]) => h("option", { value: key }, name)))
    : null;
  if (by) by.value = keep.by || "";
  const asks = {
    after: h("p", { class: "kx-ask", id: `${id}-a`, hidden: true }),
    reason: h("p", { class: "kx-ask", id: `${id}-r`, hidden: true }),
    by: h("p", { class: "kx-ask", id: `${id}-b`, hidden: true }),
  };
  const count = h("small", { id: `${id}-count`, class: "kc-count" });
  return { id, open, part, value, slide, reason, by, asks, count };
}

function adjustPanel(ctx, keep, send, leave) {
  const person = ctx.state().people.find((p) => p.id === ctx.chosen);
  if (!person) return { node: h("p", { class: "kc-empty" }, ctx.say("pick_person")), update() {} };
  const f = fieldNodes(ctx, person, keep);
  const now = () => person.parts.find((p) => p.id === f.part.value);
  if (!f.open.length) {
    return { node: h("div", {}, h("h4", {}, ctx.shown(person)), partTable(ctx, person),
      h("p", {}, ctx.say("nothing_open"))), update() {} };
  }
  let timer = 0;
  const said = () => ({ member: person.id, part: f.part.value, before: now().value,
    after: f.value.value.replace(",", "."), reason: f.reason.value, by: f.by ? f.by.value : "" });
  const look = () => {
    clearTimeout(timer);
    timer = setTimeout(() => send("preview", said()), 250);
  };
  const letters = () => {
    const left = ctx.page.reason.fewest - [...f.reason.value.trim()].length;
    f.count.textContent = left > 0 ? ctx.say("letters_left", { count: left }) : ctx.say("enough");
    if (left <= 0) ask(f.asks.reason, "", f.reason);
  };
  const set = (figure) => {
    const held = Math.min(ctx.page.high, Math.max(ctx.page.low, Math.round(figure * 10) / 10));
    f.value.value = held;
    f.slide.value = held;
    ask(f.asks.after, "", f.value);
    look();
  };
  const step = (by) => set((Number.parseFloat(f.value.value) || 0) + by);
  const restart = () => {
    f.value.value = now().value;
    f.slide.value = now().value;
    look();
  };
  f.part.addEventListener("change", restart);
  f.value.addEventListener("input", () => {
    f.slide.value = f.value.value;
    ask(f.asks.after, "", f.value);
    look();
  });
  f.slide.addEventListener("input", () => set(Number(f.slide.value)));
  f.value.addEventListener("keydown", (event) => {
    const steps = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    step(steps[event.key]);
  });
  f.reason.addEventListener("input", letters);
  if (f.by) f.by.addEventListener("change", () => {
    keep.by = f.by.value;
    ask(f.asks.by, "", f.by);
  });
  const record = h("button", { type: "submit", class: "kx-first" }, ctx.say("record"));
  const drop = h("button", { type: "button", class: "kx-second", onclick: leave },
    ctx.say("discard"));
  const preview = h("p", { class: "kc-preview", role: "status" });
  const form = h("form", { class: "kc-form" },
    h("label", { for: f.part.id, class: "kx-label" }, ctx.say("which_part")), f.part,
    h("label", { for: f.value.id, class: "kx-label" }, ctx.say("new_value",
      { low: ctx.page.low, high: ctx.page.high })),
    h("span", { class: "kc-stepper" },
      h("button", { type: "button", class: "kx-second", "aria-label": ctx.say("less"),
        onclick: () => step(-1) }, "−"), f.value,
      h("button", { type: "button", class: "kx-second", "aria-label": ctx.say("more"),
        onclick: () => step(1) }, "+"), f.slide),
    f.asks.after, preview,
    h("label", { for: f.reason.id, class: "kx-label" }, ctx.say("reason"), " ", f.count),
    f.reason, f.asks.reason,
    f.by ? [h("label", { for: f.by.id, class: "kx-label" }, ctx.say("by")), f.by, f.asks.by] : null,
    h("div", { class: "kx-actions" }, record, drop,
      h("small", { class: "kc-keys" }, ctx.say("keys"))));
  const submit = (event) => {
    event.preventDefault();
    if (record.getAttribute("aria-busy") === "true") return;
    record.setAttribute("aria-busy", "true");
    send("record", said());
  };
  form.noValidate = true;
  form.addEventListener("submit", submit);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
    else if (event.key === "Escape") leave();
  });
  f.value.value = now().value;
  f.slide.value = now().value;
  letters();
  return {
    node: h("div", {}, h("h4", {}, ctx.shown(person)), partTable(ctx, person), form),
    enter: () => f.value.select(),
    asked(state) {
      record.removeAttribute("aria-busy");
      const asked = state.asked || {};
      ask(f.asks.after, asked.after, f.value);
      ask(f.asks.reason, asked.reason, f.reason);
      if (f.by) ask(f.asks.by, asked.by, f.by);
      const first = [["after", f.value], ["reason", f.reason], ["by", f.by]]
        .find(([key]) => asked[key]);
      if (first) first[1].focus();
    },
    free: () => record.removeAttribute("aria-busy"),
    update(state) {
      preview.textContent = state.preview || "";
    },
  };
}
