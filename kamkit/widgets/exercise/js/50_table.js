// Points to share out, and a table to fill in.
const FULL = "０１２３４５６７８９．，－";
const HALF = "0123456789.,-";

// A plain figure as typed, full width or not; NaN where it takes more than this to read it.
function simpleFigure(text) {
  const half = [...text.trim()].map((c) => (FULL.includes(c) ? HALF[FULL.indexOf(c)] : c)).join("");
  if (!half) return 0;
  return /^-?\d+([.]\d+)?\s*(分|%|点)?$/.test(half) ? parseFloat(half) : NaN;
}

kinds.allocate = (ctx) => {
  const slots = partSlots(ctx);
  const total = 100;
  const left = h("p", { class: "kx-left", role: "status" });
  const bar = h("div", { class: "kx-whole", "aria-hidden": "true" });
  const rows = ctx.page.items.map((item, at) => {
    const id = `${ctx.id}-points-${at}`;
    const input = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", id,
      maxlength: "40", class: "kx-points", "data-item": item.id });
    const fill = h("span", { class: "kx-fill" });
    const change = (step) => {
      const now = simpleFigure(input.value);
      if (Number.isNaN(now) || input.disabled) return;
      input.value = String(Math.max(0, Math.min(total, now + step)));
      count();
      ctx.changed();
    };
    input.addEventListener("input", () => {
      count();
      ctx.changed();
    });
    input.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (!step) return;
      event.preventDefault();
      change(event.shiftKey ? step * 5 : step);
    });
    const nudge = (step, sign) => h("button", { type: "button", class: "kx-nudge", tabindex: "-1",
      "aria-label": ctx.say(step > 0 ? "points_more" : "points_less", { item: item.text.plain }),
      onclick: () => change(step) }, sign);
    const segment = h("span", { class: `kx-segment kx-s${at % 8}` });
    bar.append(segment);
    const node = h("div", { class: "kx-share" },
      h("label", { for: id, class: "kx-body" }, h("span", { class: `kx-key kx-s${at % 8}` }),
        worded(item)),
      h("span", { class: "kx-entry" }, nudge(-5, "−5"), input, nudge(5, "+5"),
        slots.markSlot(item.id)),
      h("span", { class: "kx-track", "aria-hidden": "true" }, fill),
      slots.askSlot(item.id, input));
    return { item, input, fill, segment, node };
  });

  function count() {
    const points = rows.map(({ input }) => simpleFigure(input.value));
    rows.forEach(({ fill, segment }, at) => {
      const share = Math.max(0, Math.min(total, points[at] || 0));
      fill.style.width = `${share}%`;
      segment.style.width = `${share}%`;
    });
    const sum = points.reduce((a, b) => a + b, 0);
    const rest = Math.round((total - sum) * 100) / 100;
    const key = Number.isNaN(rest) ? "points_unread" : rest < 0 ? "points_over" : "points_left";
    left.textContent = ctx.say(key, { count: Math.abs(rest), total });
    left.classList.toggle("kx-over", Number.isNaN(rest) || rest < 0);
    left.classList.toggle("kx-done", rest === 0);
  }

  count();
  return {
    node: h("div", { class: "kx-allocate" }, rows.map((r) => r.node), bar, left, slots.askSlot("*")),
    get: () => Object.fromEntries(
      rows.filter((r) => r.input.value.trim()).map((r) => [r.item.id, r.input.value])),
    set(parts) {
      for (const { item, input } of rows) input.value = parts[item.id] || "";
      count();
    },
    mark: slots.mark,
    ask: slots.ask,
    lock(on) {
      for (const { input, node } of rows) {
        input.disabled = on;
        node.classList.toggle("kx-locked", on);
      }
    },
  };
};

function tableCell(ctx, slots, item, field) {
  const part = `${item.id}.${field.id}`;
  const label = `${item.text.plain} – ${field.text.plain}`;
  let input;
  if (field.type === "choice") {
    input = h("select", { "aria-label": label, onchange: ctx.changed, "data-part": part },
      options(ctx, field.options.length ? field.options : ctx.page.places, ctx.say("choose")));
  } else {
    input = figureInput(ctx, label, { "data-part": part, class: `kx-cell-${field.type}` });
  }
  const cell = h("td", { "data-label": field.text.plain },
    h("span", { class: "kx-entry" }, input, slots.markSlot(part)), slots.askSlot(part, input));
  return { part, input, cell };
}

// Items that are asked the same fields stand in one table.
function tableBlocks({ items, fields }) {
  const blocks = [];
  for (const item of items) {
    const own = fields.filter((field) => !field.items.length || field.items.includes(item.id));
    const last = blocks.at(-1);
    if (last && last.fields.length === own.length && last.fields.every((f, k) => f === own[k])) {
      last.items.push(item);
    } else blocks.push({ items: [item], fields: own });
  }
  return blocks;
}

kinds.table = (ctx) => {
  const slots = partSlots(ctx);
  const cells = [];
  const row = (item, fields) => {
    const own = fields.map((field) => tableCell(ctx, slots, item, field));
    cells.push(...own);
    return h("tr", {}, h("th", { scope: "row" }, worded(item)), own.map((c) => c.cell));
  };
  const head = (fields) => fields.map((field) =>
    h("th", { scope: "col" }, h("span", { html: field.text.html }),
      field.unit ? h("span", { class: "kx-unit" }, ctx.say("in_unit", { unit: field.unit })) : null));
  const corner = () => h("th", { scope: "col" }, hidden(ctx.say("item")));
  const table = ({ items, fields }) => h("table", { class: "kx-fillin" },
    h("caption", { class: "kx-sr" }, ctx.page.title),
    h("thead", {}, h("tr", {}, corner(), head(fields))),
    h("tbody", {}, items.map((item) => row(item, fields))));
  return {
    node: h("div", { class: "kx-tablebox" }, tableBlocks(ctx.page).map(table)),
    get: () => Object.fromEntries(
      cells.filter((c) => c.input.value.trim()).map((c) => [c.part, c.input.value])),
    set(parts) {
      for (const { part, input } of cells) input.value = parts[part] || "";
    },
    mark: slots.mark,
    ask: slots.ask,
    lock(on) {
      for (const { input } of cells) input.disabled = on;
    },
  };
};
