// A ranking: dragged, moved by buttons, or by Alt with the arrow keys.
kinds.rank = (ctx) => {
  const slots = partSlots(ctx);
  const list = h("ol", { class: "kx-rank", "aria-label": ctx.say("rank_label") });
  const rows = new Map();
  let touched = false;
  let locked = false;
  let lifted = null;

  const order = () => [...list.children].map((row) => row.dataset.item);
  const nameOf = (id) => rows.get(id).item.text.plain;

  function renumber() {
    const all = order();
    all.forEach((id, at) => {
      const { number, up, down } = rows.get(id);
      number.textContent = at + 1;
      up.disabled = locked || at === 0;
      down.disabled = locked || at === all.length - 1;
    });
  }

  function moveTo(id, to, { quiet = false } = {}) {
    const all = order();
    const at = all.indexOf(id);
    const place = Math.max(0, Math.min(all.length - 1, to));
    if (locked || place === at) return;
    // The others step aside: the moved row stays in the page and keeps focus and pointer.
    const { row } = rows.get(id);
    const lines = [...list.children];
    if (place > at) lines.slice(at + 1, place + 1).forEach((r) => list.insertBefore(r, row));
    else lines.slice(place, at).reverse().forEach((r) => row.after(r));
    renumber();
    touched = true;
    if (!quiet) {
      ctx.announce(ctx.say("rank_moved", { item: nameOf(id), place: place + 1, count: all.length }));
    }
    ctx.changed();
  }

  function setLifted(id) {
    if (lifted) rows.get(lifted.id).grip.setAttribute("aria-pressed", "false");
    lifted = id === null ? null : { id, order: order() };
    if (lifted) {
      rows.get(id).grip.setAttribute("aria-pressed", "true");
      ctx.announce(ctx.say("rank_lifted", { item: nameOf(id) }));
    }
  }

  function arrange(ids) {
    const known = ids.filter((id) => rows.has(id));
    const rest = ctx.page.items.map((i) => i.id).filter((id) => !known.includes(id));
    for (const id of [...known, ...rest]) list.append(rows.get(id).row);
    renumber();
  }

  function keys(id) {
    return (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      const held = lifted && lifted.id === id;
      if (step && (event.altKey || held)) moveTo(id, order().indexOf(id) + step);
      else if (event.key === "Enter" || event.key === " ") {
        setLifted(held ? null : id);
        if (held) ctx.announce(ctx.say("dropped", { item: nameOf(id) }));
      } else if (event.key === "Escape" && held) {
        const before = lifted.order;
        setLifted(null);
        arrange(before);
        rows.get(id).grip.focus();
        ctx.announce(ctx.say("put_back", { item: nameOf(id) }));
        ctx.changed();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    };
  }

  function make(item) {
    const number = h("span", { class: "kx-number", "aria-hidden": "true" });
    const grip = h("button", {
      type: "button", class: "kx-grip", "aria-pressed": "false",
      "aria-label": ctx.say("rank_grip", { item: item.text.plain }),
      onkeydown: keys(item.id), html: ICONS.grip,
      onblur: () => lifted && lifted.id === item.id && setLifted(null),
    });
    const nudge = (step, name) => h("button", {
      type: "button", class: "kx-nudge", html: ICONS[name],
      "aria-label": ctx.say(`rank_${name}`, { item: item.text.plain }),
      onclick: (event) => {
        moveTo(item.id, order().indexOf(item.id) + step);
        if (event.currentTarget.disabled) grip.focus();
      },
    });
    const up = nudge(-1, "up");
    const down = nudge(1, "down");
    const row = h("li", { class: "kx-card kx-rankrow", "data-item": item.id },
      number, grip, h("span", { class: "kx-body" }, worded(item)), up, down);
    draggable(row, {
      grip,
      over(_, event) {
        // A row gives way as soon as the pointer is a quarter into it.
        const all = [...list.children];
        const at = all.indexOf(row);
        const others = all.filter((r) => r !== row);
        const before = others.findIndex((other, n) => {
          const box = other.getBoundingClientRect();
          return event.clientY < box.top + box.height * (n < at ? 0.75 : 0.25);
        });
        moveTo(item.id, before < 0 ? others.length : before, { quiet: true });
      },
      drop: () => {},
      end: () => ctx.announce(ctx.say("rank_moved", {
        item: item.text.plain, place: order().indexOf(item.id) + 1, count: rows.size })),
    });
    rows.set(item.id, { item, row, number, grip, up, down });
  }

  ctx.page.items.forEach(make);
  arrange([]);
  const ask = slots.askSlot("order");
  return {
    node: h("div", {}, h("p", { class: "kx-how" }, ctx.say("rank_how")),
      h("div", { class: "kx-entry kx-wide" }, list, slots.markSlot("order")), ask),
    get: (final) => (touched || final ? { order: order() } : {}),
    set(parts) {
      touched = Array.isArray(parts.order);
      arrange(touched ? parts.order : []);
    },
    untouched: () => !touched,
    mark: slots.mark,
    ask: slots.ask,
    lock(on) {
      locked = on;
      list.classList.toggle("kx-locked", on);
      for (const { row, grip } of rows.values()) {
        row.classList.toggle("kx-locked", on);
        grip.disabled = on;
      }
      renumber();
    },
  };
};
