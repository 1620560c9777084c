// One of several, several of several, a vote.
function choiceControl(ctx, several) {
  const slots = partSlots(ctx);
  const boxes = ctx.page.places.map((place) => {
    const box = h("input", {
      type: several ? "checkbox" : "radio",
      name: `${ctx.id}-choice`,
      value: place.id,
      onchange: ctx.changed,
    });
    const part = several ? place.id : `=${place.id}`;
    const label = h("label", { class: "kx-choice" }, box, h("span", { html: place.text.html }));
    return { place, box, row: h("div", { class: "kx-row" }, label, slots.markSlot(part)) };
  });
  const short = boxes.length > 5 && boxes.every(({ place }) => place.text.plain.length <= 22);
  const whole = slots.askSlot("choice", ...boxes.map((b) => b.box));
  const ticked = () => boxes.filter((b) => b.box.checked).map((b) => b.place.id);
  return {
    node: h("div", { class: short ? "kx-choices kx-short" : "kx-choices" }, boxes.map((b) => b.row), whole),
    get() {
      if (several) return Object.fromEntries(ticked().map((id) => [id, true]));
      const [id] = ticked();
      return id === undefined ? {} : { choice: id };
    },
    set(parts) {
      for (const { place, box } of boxes) {
        box.checked = several ? parts[place.id] === true : parts.choice === place.id;
      }
    },
    mark(right) {
      const [id] = ticked();
      slots.mark(several || !("choice" in right) ? right : { [`=${id}`]: right.choice });
    },
    ask: slots.ask,
    lock(on) {
      for (const { box } of boxes) box.disabled = on;
    },
  };
}

kinds.single = (ctx) => choiceControl(ctx, false);
kinds.poll = (ctx) => choiceControl(ctx, false);
kinds.many = (ctx) => choiceControl(ctx, true);
