// Cards into classes, stages or cells: dragged, lifted by a click or by Enter and moved with the
// arrow keys, or sent by each card's own list.
function boardZones(ctx, matrix) {
  const zones = [{ id: "", name: ctx.say("tray"), row: -1, col: 0, plain: true }];
  ctx.page.places.forEach((place, at) => {
    zones.push({
      id: place.id,
      name: place.text.plain,
      html: place.text.html,
      row: matrix ? place.row : 0,
      col: matrix ? place.col : at,
    });
  });
  for (const zone of zones) {
    zone.list = h("ul", { class: "kx-cards" });
    zone.node = h(
      "div",
      { class: zone.id ? "kx-zone" : "kx-zone kx-tray", role: "group", "aria-label": zone.name,
        "data-zone": zone.id },
      h("p", zone.html ? { class: "kx-zonename", html: zone.html } : { class: "kx-zonename" },
        zone.html ? [] : zone.name),
      zone.list,
    );
    if (matrix && zone.id) zone.node.style.gridArea = `${zone.row + 1} / ${zone.col + 1}`;
  }
  return zones;
}

// The zone that an arrow key leads to from another one.
function nextZone(zones, from, key, matrix) {
  const at = zones.indexOf(from);
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
  if (!step) return null;
  if (!matrix) return zones[at + step] || from;
  if (!from.id) return step > 0 ? zones.find((z) => z.row === 0 && z.col === 0) || zones[1] : from;
  const down = key === "ArrowDown" || key === "ArrowUp";
  const row = from.row + (down ? step : 0);
  const col = from.col + (down ? 0 : step);
  if (row < 0) return zones[0];
  return zones.find((z) => z.id && z.row === row && z.col === col) || from;
}

// An axis with its ends (from the left, from the top), else with an arrow for where it rises.
// Latin text beside the plane is turned, Chinese stands upright.
function axisLine(axis, kind, [before, after]) {
  const [start, end] = axis.ends;
  const arrow = (sign) => h("span", { class: "kx-arrow", "aria-hidden": "true" }, sign);
  const name = start
    ? h("span", { class: "kx-axisname" }, axis.name)
    : h("span", { class: "kx-axisname" }, arrow(before), axis.name, arrow(after));
  return h("div", { class: `kx-axis ${kind}` },
    start ? h("span", { class: "kx-end" }, start) : null, name,
    start ? h("span", { class: "kx-end" }, end) : null,
    h("span", { class: "kx-axistext" }, axis.text));
}

function boardFrame(ctx, zones, matrix) {
  const [tray, ...places] = zones.map((z) => z.node);
  if (!matrix) {
    const grid = h("div", { class: "kx-grid" }, places);
    grid.style.setProperty("--kx-columns", Math.min(places.length, 4));
    return h("div", { class: "kx-board" }, tray, grid);
  }
  const columns = Math.max(...ctx.page.places.map((p) => p.col)) + 1;
  const grid = h("div", { class: "kx-grid kx-matrix" }, places);
  grid.style.setProperty("--kx-columns", columns);
  const [x, y] = ctx.page.axes;
  return h(
    "div",
    { class: "kx-board" },
    tray,
    h("div", { class: "kx-plane" },
      y ? axisLine(y, "kx-y", ctx.page.lang === "zh" ? ["↑ ", ""] : ["", " →"]) : null,
      grid,
      x ? axisLine(x, "kx-x", ["", " →"]) : null),
  );
}

function boardControl(ctx, matrix) {
  const slots = partSlots(ctx);
  const zones = boardZones(ctx, matrix);
  const byId = new Map(zones.map((z) => [z.id, z]));
  const cards = new Map();
  let locked = false;
  let lifted = null;

  const zoneOf = (card) => byId.get(card.zone) || zones[0];

  function put(card, id, { quiet = false } = {}) {
    card.zone = byId.has(id) ? id : "";
    card.select.value = card.zone;
    zoneOf(card).list.append(card.node);
    if (quiet) return;
    const key = card.zone ? "card_placed" : "card_back";
    ctx.announce(ctx.say(key, { item: card.item.text.plain, place: zoneOf(card).name }));
    ctx.changed();
  }

  function show(target) {
    for (const zone of zones) {
      zone.node.classList.toggle("kx-target", zone === target);
      zone.node.classList.toggle("kx-open", lifted !== null);
    }
  }

  function lift(card) {
    if (locked) return;
    lifted = { card, target: zoneOf(card) };
    card.button.setAttribute("aria-pressed", "true");
    card.node.classList.add("kx-lifted");
    show(lifted.target);
    ctx.announce(ctx.say("card_lifted", { item: card.item.text.plain }));
  }

  function settle(dropped, focus = true) {
    const { card, target } = lifted;
    lifted = null;
    card.button.setAttribute("aria-pressed", "false");
    card.node.classList.remove("kx-lifted");
    show(null);
    if (dropped && target.id !== card.zone) put(card, target.id);
    else ctx.announce(ctx.say("put_back", { item: card.item.text.plain }));
    if (focus) card.button.focus();
  }

  function keys(card) {
    return (event) => {
      const held = lifted && lifted.card === card;
      if (!held) return;
      const target = nextZone(zones, lifted.target, event.key, matrix);
      if (target) {
        lifted.target = target;
        show(target);
        target.node.scrollIntoView({ block: "nearest" });
        ctx.announce(ctx.say("card_over", { place: target.name }));
      } else if (event.key === "Escape") settle(false);
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
  }

  function make(item) {
    const grip = h("span", { class: "kx-grip", html: ICONS.grip });
    const button = h("button", { type: "button", class: "kx-lift", "aria-pressed": "false" },
      grip, h("span", { class: "kx-body" }, worded(item)));
    const select = h("select", { class: "kx-moveto",
      "aria-label": ctx.say("move_to", { item: item.text.plain }) },
      options(ctx, ctx.page.places, ctx.say("tray")));
    const node = h("li", { class: "kx-card" }, button, slots.markSlot(item.id), select,
      slots.askSlot(item.id, button));
    const card = { item, node, button, select, zone: "" };
    const drag = draggable(node, {
      grip,
      over: (under) => show(zoneAt(under)),
      drop(under) {
        const zone = zoneAt(under);
        if (zone && zone.id !== card.zone) put(card, zone.id);
      },
      end: () => show(null),
    });
    button.addEventListener("keydown", keys(card));
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      if (locked || drag.justDragged()) return;
      if (lifted && lifted.card === card) return void settle(true);
      if (lifted) settle(false, false);
      lift(card);
    });
    select.addEventListener("change", () => {
      put(card, select.value);
      select.focus();
    });
    select.addEventListener("click", (event) => event.stopPropagation());
    cards.set(item.id, card);
    put(card, "", { quiet: true });
  }

  const zoneAt = (under) => {
    const node = under && under.closest && under.closest(".kx-zone");
    return zones.find((z) => z.node === node) || null;
  };
  for (const zone of zones) {
    zone.node.addEventListener("click", () => {
      if (!lifted) return;
      lifted.target = zone;
      settle(true);
    });
  }
  ctx.page.items.forEach(make);

  return {
    node: h("div", {}, h("p", { class: "kx-how" }, ctx.say("board_how")),
      boardFrame(ctx, zones, matrix)),
    get() {
      const placed = [...cards.values()].filter((card) => card.zone);
      return Object.fromEntries(placed.map((card) => [card.item.id, card.zone]));
    },
    set(parts) {
      for (const card of cards.values()) {
        const id = parts[card.item.id] || "";
        if (id !== card.zone) put(card, id, { quiet: true });
      }
    },
    mark: slots.mark,
    ask: slots.ask,
    lock(on) {
      locked = on;
      for (const { node, button, select } of cards.values()) {
        node.classList.toggle("kx-locked", on);
        button.setAttribute("aria-disabled", String(on));
        select.disabled = on;
      }
    },
  };
}

kinds.match = (ctx) => boardControl(ctx, false);
kinds.stages = (ctx) => boardControl(ctx, false);
kinds.matrix = (ctx) => boardControl(ctx, true);
