// A figure with its unit, a short text, a long text.
function figureInput(ctx, label, given = {}) {
  return h("input", {
    type: "text",
    inputmode: "text",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "200",
    "aria-label": label,
    oninput: ctx.changed,
    ...given,
  });
}

kinds.number = (ctx) => {
  const slots = partSlots(ctx);
  const field = ctx.page.fields[0] || { text: { plain: ctx.page.title, html: "" }, units: [] };
  const id = `${ctx.id}-value`;
  const input = figureInput(ctx, null, { id, class: "kx-figure" });
  const unit = field.units.length
    ? h("select", { "aria-label": ctx.say("unit"), onchange: ctx.changed },
        options(ctx, field.units, ctx.say("choose_unit")))
    : null;
  const entry = h(
    "div",
    { class: "kx-entry" },
    input,
    unit || (field.unit ? h("span", { class: "kx-unit" }, field.unit) : null),
    slots.markSlot("value"),
    unit ? slots.markSlot("unit") : null,
  );
  const asks = [slots.askSlot("value", input), unit ? slots.askSlot("unit", unit) : null];
  const label = h("label", { for: id, class: "kx-label", html: field.text.html });
  return {
    node: h("div", { class: "kx-fields" }, label, entry, asks),
    get() {
      const parts = {};
      if (input.value.trim()) parts.value = input.value;
      if (unit && unit.value) parts.unit = unit.value;
      return parts;
    },
    set(parts) {
      input.value = parts.value || "";
      if (unit) unit.value = parts.unit || "";
    },
    mark: slots.mark,
    ask: slots.ask,
    lock(on) {
      input.disabled = on;
      if (unit) unit.disabled = on;
    },
  };
};

function textControl(ctx, input, counter) {
  const slots = partSlots(ctx);
  const field = ctx.page.fields[0];
  const id = `${ctx.id}-text`;
  input.id = id;
  const label = h("label", {
    for: id,
    class: "kx-label",
    html: field ? field.text.html : ctx.say("your_answer"),
  });
  const count = () => {
    if (counter) counter.textContent = ctx.say("characters", { count: [...input.value].length });
  };
  input.addEventListener("input", () => {
    count();
    ctx.changed();
  });
  count();
  return {
    node: h(
      "div",
      { class: "kx-fields" },
      label,
      h("div", { class: "kx-entry" }, input, slots.markSlot("text")),
      counter,
      slots.askSlot("text", input),
    ),
    get: () => (input.value.trim() ? { text: input.value } : {}),
    set(parts) {
      input.value = parts.text || "";
      count();
    },
    mark: slots.mark,
    ask: slots.ask,
    lock(on) {
      input.disabled = on;
    },
  };
}

kinds.text = (ctx) =>
  textControl(ctx, h("input", { type: "text", autocomplete: "off", maxlength: "2000",
    class: "kx-words" }), null);

kinds.essay = (ctx) =>
  textControl(ctx, h("textarea", { rows: "7", maxlength: "8000" }), h("p", { class: "kx-count" }));
