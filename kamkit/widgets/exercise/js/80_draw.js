// Draws one exercise into an element and keeps it in step with the state; returns how to stop.
function buttons(ctx, act) {
  const make = (name, kind) => h("button", { type: "button", class: kind, "data-do": name,
    onclick: () => act(name) }, ctx.say(name));
  return {
    submit: make("submit", "kx-first"),
    hint: make("hint", "kx-second"),
    solution: make("solution", "kx-second"),
    revote: make("revote", "kx-second"),
    left: h("span", { class: "kx-leftover" }),
  };
}

const clock = () => {
  const now = new Date();
  return [now.getHours(), now.getMinutes()].map((n) => String(n).padStart(2, "0")).join(":");
};

const same = (a, b) => {
  const tidy = (x) => {
    const { parts = {}, reason = "", by = "" } = x || {};
    return JSON.stringify([Object.entries(parts).sort(), reason, by]);
  };
  return tidy(a) === tidy(b);
};

function lineText(ctx, at, kind, tools) {
  const line = at.line;
  line.className = `kx-line kx-line-${kind}`;
  if (kind === "lost") {
    line.replaceChildren(icon("wrong"), h("span", {}, ctx.say("not_saved")),
      h("button", { type: "button", class: "kx-second",
        onclick: () => window.location.reload() }, ctx.say("reload")));
    ctx.announce(ctx.say("not_saved"));
  } else if (kind === "back") {
    line.replaceChildren(icon("right"), h("span", {}, ctx.say("brought_back")),
      h("button", { type: "button", class: "kx-second", onclick: tools.undo }, ctx.say("use_saved")));
    ctx.announce(ctx.say("brought_back"));
  } else if (kind === "saved") {
    line.replaceChildren(icon("right"), ctx.say("saved", { time: clock() }));
  } else {
    line.replaceChildren(kind ? ctx.say(kind) : "");
  }
}

function sections(ctx, at, state, send, stale) {
  fill(at.own, state.own ? ownSwitch(ctx, state.own, send) : null, state.own);
  const team = state.behaviour === "team" && !state.locked;
  const teamLine = team && state.team
    ? h("p", { class: "kx-teamline" }, ctx.say("team_line",
        { name: state.team.name, members: state.team.members.join(ctx.say("comma")) }))
    : null;
  fill(at.team, team && !state.team ? teamForm(ctx, null, send) : teamLine, state.team);
  fill(at.verdict, verdictBlock(ctx, state));
  fill(at.hints, hintsBlock(ctx, state), state.hints);
  fill(at.solution, solutionBlock(ctx, state), state.solution);
  fill(at.rubric, rubricBlock(ctx, state, send), [state.marks, state.can.mark]);
  fill(at.votes, votesBlock(ctx, state));
  fill(at.panel, panelBlock(ctx, state), state.panel);
  fill(at.history, historyBlock(ctx, state), state.history);
  fill(at.release, state.awaits_release ? releaseForm(ctx, send) : null, state.awaits_release);
  fill(at.rule, state.rule ? h("p", {}, state.rule) : null);
  fill(at.problem, state.problem ? h("p", {}, state.problem) : null);
  at.verdict.classList.toggle("kx-stale", stale);
  at.verdict.dataset.note = stale ? ctx.say("stale") : "";
}

function draw(model, el) {
  const page = model.get("page");
  const live = announcer();
  const ctx = { page, id: `kx${(instances += 1)}`, say: sayer(page.words),
    announce: live.announce, changed: () => changed() };
  const control = kinds[page.kind](ctx);
  const reason = reasonField(ctx);
  const { root, at } = skeleton(ctx, control, reason);
  const button = buttons(ctx, act);
  at.actions.append(...Object.values(button));
  root.append(live.node);
  el.replaceChildren(root);

  let by = null;
  let met = false;
  let confirmed = false;
  let touched = false;
  let returned = false;

  const answer = (final) => {
    const given = { parts: control.get(final) };
    if (reason && reason.input.value.trim()) given.reason = reason.input.value;
    if (by && by.select.value) given.by = by.select.value;
    return given;
  };
  const post = courier(model, {
    key: page.key,
    answer,
    report(kind, writing) {
      if (kind === "saving") lineText(ctx, at, "saving");
      else if (writing) lineText(ctx, at, "lost");
      root.toggleAttribute("data-lost", kind === "lost" && writing);
      button.submit.removeAttribute("aria-busy");
    },
  });
  const send = (type, more) => post.send(type, more);

  function adopt(given) {
    control.set((given && given.parts) || {});
    if (reason) reason.input.value = (given && given.reason) || "";
    if (by) by.select.value = (given && given.by) || "";
  }

  function label(anyway) {
    const name = model.get("state").behaviour === "poll" ? "vote" : "submit";
    button.submit.textContent = ctx.say(anyway ? "submit_anyway" : name);
  }

  function changed() {
    touched = true;
    returned = false;
    confirmed = false;
    label(false);
    control.mark({});
    control.ask({});
    at.ask.hidden = true;
    if (model.get("state").feedback) {
      at.verdict.classList.add("kx-stale");
      at.verdict.dataset.note = ctx.say("stale");
    }
    post.changed();
  }

  function ask(asked) {
    const known = control.ask(asked);
    const rest = Object.keys(asked).filter((part) => !known.includes(part));
    at.ask.textContent = rest.map((part) => asked[part]).join("\n");
    at.ask.hidden = !rest.length;
    const first = root.querySelector("[data-asked]");
    const texts = Object.values(asked);
    if (texts.length) ctx.announce(texts.join("\n"));
    if (first) first.focus();
  }

  function act(name) {
    if (name !== "submit") return send(name);
    if (control.untouched && control.untouched() && !confirmed) {
      confirmed = true;
      label(true);
      return ask({ "": ctx.say("rank_untouched") });
    }
    button.submit.setAttribute("aria-busy", "true");
    return send("submit", { answer: { ...answer(true), confirmed } });
  }

  function bringBack(state) {
    const old = post.kept();
    if (!old || !old.parts) return false;
    if (same(old, state.answer) || !state.can.submit) {
      post.forget();
      return false;
    }
    adopt(old);
    send("draft", { answer: old });
    returned = true;
    lineText(ctx, at, "back", {
      undo() {
        returned = false;
        adopt(state.answer);
        send("draft", { answer: { parts: {}, ...state.answer } });
      },
    });
    return true;
  }

  function allowed(state) {
    const { can } = state;
    const had = at.actions.contains(document.activeElement);
    button.submit.hidden = !can.submit || (state.behaviour === "team" && !state.team);
    label(state.confirm === true);
    for (const name of ["hint", "solution", "revote"]) button[name].hidden = !can[name];
    button.left.textContent = state.left.join(" · ");
    const locked = button.submit.hidden;
    control.lock(locked);
    if (reason) reason.input.disabled = locked;
    if (by) by.select.disabled = locked;
    root.classList.toggle("kx-done", state.locked);
    if (had && document.activeElement.hidden) at.verdict.focus();
  }

  function update() {
    const state = model.get("state");
    const { mine, quiet, wrote } = post.settled(state.ack);
    if (mine) root.dataset.ack = state.ack;
    const failed = Boolean(state.problem);
    const who = byField(ctx, state, changed);
    if (Boolean(who) !== Boolean(by) || (who && fillSign(state) !== at.by.dataset.sign)) {
      by = who;
      at.by.replaceChildren(...(who ? [who.node] : []));
      at.by.dataset.sign = fillSign(state);
    }
    if (!met && mine) {
      met = true;
      root.dataset.ready = "yes";
      adopt(state.answer);
      const given = Object.keys((state.answer || {}).parts || {}).length > 0;
      if (!bringBack(state) && given && state.can.submit && state.tone !== "right") {
        lineText(ctx, at, "restored");
      }
    } else if (quiet && !failed) {
      if (!same(answer(), state.answer)) adopt(state.answer);
      if (wrote && !returned) lineText(ctx, at, "saved");
      if (wrote) post.forget();
    } else if (mine && failed) lineText(ctx, at, "");
    if (quiet) root.removeAttribute("data-lost");
    if (mine) button.submit.removeAttribute("aria-busy");
    if (mine && quiet) confirmed = state.confirm === true;
    allowed(state);
    const stale = Boolean(state.feedback) && (state.edited || (!quiet && touched));
    sections(ctx, at, state, send, stale);
    control.mark(stale ? {} : state.right);
    if (mine && quiet) ask(state.asked || {});
  }
  const fillSign = (state) => JSON.stringify(state.team);

  const seen = () => {
    if (document.visibilityState === "visible" && met) send("shown");
  };
  const leave = () => post.flush();
  root.querySelector("form").addEventListener("submit", () => {
    if (["number", "text"].includes(page.kind) && !button.submit.hidden) act("submit");
  });
  at.verdict.tabIndex = -1;
  model.on("change:state", update);
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("pagehide", leave);
  allowed(model.get("state"));
  sections(ctx, at, model.get("state"), send, false);
  adopt(model.get("state").answer);
  send("shown");
  return () => {
    post.stop();
    model.off("change:state", update);
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("pagehide", leave);
  };
}
