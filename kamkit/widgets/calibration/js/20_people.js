// People: total with interval, grades with probabilities; one listbox, moved through by arrows.
function axis(page) {
  const [low, high] = page.scale;
  const at = (value) => `${(100 * (Math.min(high, Math.max(low, value)) - low)) / (high - low)}%`;
  const inside = page.grades.filter(([, , cut]) => cut !== null && cut > low && cut < high);
  const lines = () => inside.map(([, , cut]) =>
    h("i", { class: "kc-cut", style: `left:${at(cut)}` }));
  const head = h("span", { class: "kc-axis", "aria-hidden": "true" },
    inside.map(([, , cut]) => h("b", { style: `left:${at(cut)}` }, `${cut}`)));
  return { at, lines, head };
}

function scoreBar(person, ax) {
  const known = person.low !== null && person.high !== null;
  const moved = Math.abs(person.was - person.total) > 0.05;
  return h("span", { class: "kc-bar", "aria-hidden": "true" },
    ax.lines(),
    known ? h("i", { class: "kc-range",
      style: `left:${ax.at(person.low)};right:calc(100% - ${ax.at(person.high)})` }) : null,
    moved ? h("i", { class: "kc-was", style: `left:${ax.at(person.was)}` }) : null,
    h("i", { class: "kc-now", style: `left:${ax.at(person.total)}` }));
}

const shade = (page, grade) => {
  const place = page.grades.findIndex(([id]) => id === grade);
  return `kc-grade-${Math.min(4, Math.max(0, place))}`;
};

function legend(page) {
  return h("p", { class: "kc-legend" }, page.grades.map(([id, word, cut]) =>
    h("span", {}, h("i", { class: shade(page, id) }), cut === null ? word : `${word} ≥ ${cut}`)));
}

function chanceBar(page, person) {
  const parts = person.chances.filter(([, p]) => p !== null && p >= 0.005);
  return h("span", { class: "kc-chances", "aria-hidden": "true", title: person.spoken },
    parts.map(([grade, p, said]) => h("i", { class: shade(page, grade),
      style: `flex-grow:${p}` }, p >= 0.25 ? said : "")));
}

function personRow(ctx, person, ax) {
  const sure = person.settled ? "" : ctx.say("open_grade");
  const spoken = ctx.say("row", { name: ctx.shown(person), total: person.said,
    range: person.range, grade: person.moved, chances: person.spoken });
  return h("li", { role: "option", id: `${ctx.id}-p-${person.id}`, "data-person": person.id,
    "aria-selected": String(ctx.chosen === person.id), "aria-label": spoken,
    class: person.changes ? "kc-row kc-changed" : "kc-row" },
    h("span", { class: "kc-name" }, ctx.shown(person),
      person.changes ? h("small", {}, ctx.say("changed", { count: person.changes })) : null),
    scoreBar(person, ax),
    h("span", { class: "kc-total" }, person.said, h("small", {}, person.range)),
    h("span", { class: "kc-grade" }, person.moved, sure ? h("small", {}, sure) : null),
    chanceBar(ctx.page, person));
}

function peopleList(ctx, choose, enter) {
  const ax = axis(ctx.page);
  const list = h("ul", { role: "listbox", tabindex: "0", class: "kc-people",
    "aria-label": ctx.say("people") });
  const pick = (id) => choose(id);
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-person]");
    if (row) pick(row.dataset.person);
  });
  list.addEventListener("keydown", (event) => {
    const ids = [...list.children].map((row) => row.dataset.person);
    const at = ids.indexOf(ctx.chosen);
    const steps = { ArrowDown: at + 1, ArrowUp: at < 0 ? 0 : at - 1, Home: 0, End: ids.length - 1 };
    if (event.key in steps) {
      event.preventDefault();
      pick(ids[Math.max(0, Math.min(ids.length - 1, steps[event.key]))]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      enter();
    }
  });
  return {
    node: h("div", { class: "kc-list" },
      legend(ctx.page),
      h("div", { class: "kc-row kc-heads", "aria-hidden": "true" },
        ["name", "", "total", "grade", "chances"].map((key) =>
          key ? h("span", {}, ctx.say(`head_${key}`)) : ax.head)),
      list),
    list,
    update(state) {
      const top = list.scrollTop;
      list.replaceChildren(...state.people.map((person) => personRow(ctx, person, ax)));
      list.scrollTop = top;
      this.mark();
    },
    mark() {
      for (const row of list.children) {
        const on = row.dataset.person === ctx.chosen;
        row.setAttribute("aria-selected", String(on));
        if (!on) continue;
        list.setAttribute("aria-activedescendant", row.id);
        const above = row.offsetTop - list.offsetTop;
        if (above < list.scrollTop) list.scrollTop = above;
        const below = above + row.offsetHeight - list.clientHeight;
        if (below > list.scrollTop) list.scrollTop = below;
      }
    },
  };
}
