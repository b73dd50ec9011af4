// "Before you write to me": whoever asks answers what the policy needs next, sees what to expect, and leaves with a
// text. Nothing is stored or sent: the policy's own evaluator decides in the page.
(() => {
  const { owner, expect, letters } = globalThis.netkitIntake;
  const { policies, actions } = globalThis.netkitPolicies;
  const rulesFor = (kind) => policies.find(({ kinds }) => kind in kinds).kinds[kind];
  const factOf = (by, name) => by.facts.find((fact) => fact.name === name);

  // All facts that still matter, in the policy's order; those that can be put to whoever asks, and were not left open.
  globalThis.netkitIntakeStep = (kind, said, leftOpen) => {
    const by = rulesFor(kind);
    const matter = [];
    for (let ask = by.ask, next; ; ask = ask.slice(ask.findIndex((place) => by.facts[place].name === next) + 1)) {
      ({ next } = globalThis.netkitDecide({ ...by, ask }, said));
      if (!next) break;
      matter.push(next);
    }
    const questions = matter.filter((name) => factOf(by, name).asker.ask && !leftOpen.includes(name));
    return { seen: globalThis.netkitDecide(by, said), questions, depends: matter.filter((name) => !questions.includes(name)) };
  };

  const filters = {
    phrase: (text) => text.trim().replace(/\.$/u, ""),
    sentence: (text) => (/[.!?…]$/u.test(text.trim()) ? text.trim() : `${text.trim()}.`),
    "": (text) => text,
  };
  globalThis.netkitFill = (text, values) => text.replaceAll("\\\n", "\n")
    .replace(/\{\{ (\w+)(?: \| (\w+))? \}\}/gu, (_, name, filter = "") => filters[filter](values[name]));

  const place = document.getElementById("intake");
  if (!place) return;
  const WANTS = { invitation: "I want to connect", introduction: "I want an introduction to somebody" };
  const HASHES = { "#connect": "invitation", "#introduction": "introduction" };
  const state = { kind: HASHES[location.hash] ?? null, given: [], values: {}, text: null };

  const { make, plain } = globalThis.netkitElements;
  const button = (words, onclick, kind = "") => make("button", { type: "button", class: `intake-button ${kind}`, onclick }, words);
  const heading = (words) => make("h2", { id: "intake-head", tabindex: "-1" }, words);
  const said = () => Object.fromEntries(state.given.filter(({ value }) => value !== null).map(({ name, value }) => [name, value]));
  const leftOpen = () => state.given.filter(({ value }) => value === null).map(({ name }) => name);

  function show(...parts) {
    place.replaceChildren(...parts);
    document.getElementById("intake-head").focus();
  }

  function back() {
    if (state.given.length) state.given.pop();
    else state.kind = null;
    step();
  }

  function startAgain() {
    Object.assign(state, { kind: null, given: [], values: {}, text: null });
    step();
  }

  function progress(many) {
    const at = state.given.length + 1;
    const most = state.given.length + many;
    return make("p", { class: "intake-progress" }, `Question ${at} of ${most === at ? "" : "at most "}${most}`,
      make("progress", { max: most, value: at, "aria-hidden": "true" }));
  }

  function step() {
    if (!state.kind) {
      const doors = Object.entries(WANTS).map(([kind, words]) => button(words, () => { state.kind = kind; step(); }));
      return show(heading("What do you want?"), make("div", { class: "intake-answers" }, ...doors));
    }
    const { seen, questions, depends } = globalThis.netkitIntakeStep(state.kind, said(), leftOpen());
    if (!questions.length) return result(seen, depends);
    const fact = factOf(rulesFor(state.kind), questions[0]);
    const answer = (value) => () => { state.given.push({ name: fact.name, value }); step(); };
    return show(progress(questions.length), heading(fact.asker.ask),
      make("div", { class: "intake-answers", role: "group", "aria-labelledby": "intake-head" },
        ...fact.asker.says.map(([value, words]) => button(words, answer(value))),
        button("I do not know", answer(null), "intake-unsure")),
      make("p", {}, button("Back", back, "intake-small")));
  }

  const expected = (answer) => expect[answer] ?? rulesFor(state.kind).tells[answer] ?? actions[answer] ?? plain(answer);

  function verdict(seen) {
    if (seen.settled) return `I will most likely ${expected(seen.answer)}.`;
    if (seen.possible.length) return "It depends on me.";
    return "No rule speaks of such a request, so it is decided by hand.";
  }

  function possibilities({ settled, possible }) {
    if (settled || !possible.length) return [];
    return [make("p", { class: "intake-label" }, "I will do one of these"),
      make("ul", {}, ...possible.map((action) => make("li", {}, expected(action))))];
  }

  // What the deciding rule rests on, in the words of whoever asks; without a rule, all that was said.
  function reasons(by, seen) {
    const told = said();
    const used = JSON.stringify(seen.rule?.cases ?? by.facts.map((_, at) => [at]));
    const uses = (name) => new RegExp(`\\[${by.facts.findIndex((fact) => fact.name === name)}[,\\]]`).test(used);
    const rows = Object.keys(told).filter(uses).map((name) => {
      const { ask, says } = factOf(by, name).asker;
      return make("li", {}, `${ask} `, make("strong", {}, says.find(([value]) => value === told[name])[1]), ".");
    });
    return rows.length ? [make("p", { class: "intake-label" }, "Because you said"), make("ul", {}, ...rows)] : [];
  }

  function dependence(by, depends) {
    const rows = depends.map((name) => {
      const { tell, ask } = factOf(by, name).asker;
      return make("li", {}, tell || (ask ? `what you left open: ${ask}` : `what only I can tell: ${plain(name)}`));
    });
    return rows.length ? [make("p", { class: "intake-label" }, "It also depends on"), make("ul", {}, ...rows)] : [];
  }

  function result(seen, depends) {
    const by = rulesFor(state.kind);
    const box = make("section", { class: "intake-expect", "aria-labelledby": "intake-head" },
      heading(verdict(seen)), ...possibilities(seen), ...reasons(by, seen), ...dependence(by, depends),
      make("p", {}, make("a", { href: new URL(`${by.page.split("/").slice(1).join("/")}.html`, document.baseURI).href }, "The rules in full")));
    return show(box, ...textParts(), make("p", { class: "intake-foot" }, button("Back", back, "intake-small"), button("Start again", startAgain, "intake-small")));
  }

  function textParts() {
    const letter = letters[state.kind];
    if (owner.called !== "I") state.values.first_name = owner.called;
    const asked = letter.values.filter(({ name }) => name !== "first_name" || owner.called === "I");
    const fields = asked.map(({ name, question, example }) => make("p", { class: "intake-field" },
      make("label", { for: `intake-${name}` }, question),
      make("input", { id: `intake-${name}`, type: "text", value: state.values[name] ?? "", placeholder: example, autocomplete: "off",
        oninput: ({ target }) => { state.values[name] = target.value; state.text = null; write(); } })));
    const area = make("textarea", { id: "intake-text", rows: "9", oninput: ({ target }) => { state.text = target.value; look(); } });
    const parts = [make("h2", {}, state.kind === "invitation" ? "Your note" : "A text that can be passed on"), ...fields,
      make("p", { class: "intake-field" }, make("label", { for: "intake-text" }, "The text, which you can change"), area),
      make("div", { id: "intake-lacks", role: "status", "aria-live": "polite" }),
      make("p", { class: "intake-send" }, button("Copy the text", copy, "intake-main"), ...sendLink(), make("span", { id: "intake-copied", role: "status" }))];
    queueMicrotask(write);
    return parts;
  }

  function sendLink() {
    if (!owner.address) return [];
    const mail = owner.address.startsWith("mailto:");
    return [make("a", { id: "intake-send", class: "intake-button", href: owner.address }, mail ? "Write a mail" : `Open ${owner.reach}`)];
  }

  const empty = () => letters[state.kind].values.filter(({ name }) => !(state.values[name] ?? "").trim());

  function write() {
    const letter = letters[state.kind];
    const values = Object.fromEntries(letter.values.map(({ name }) => [name, (state.values[name] ?? "").trim() || "…"]));
    const text = state.text ?? globalThis.netkitFill(letter.body, values);
    document.getElementById("intake-text").value = text;
    look();
  }

  // What the text lacks, by the manners that the letters are held to; never which answers would turn the decision.
  function look() {
    const letter = letters[state.kind];
    const text = document.getElementById("intake-text").value;
    const people = letter.people.map((name) => (state.values[name] ?? "").trim()).filter(Boolean);
    const missing = state.text === null ? empty().map(({ question }) => question) : [];
    const warnings = globalThis.netkitLint(text, letter.kind, people).map(({ says, clause }) => `Your text: ${says} (${clause}).`);
    const lacks = [...missing, ...warnings];
    const count = state.kind === "invitation" ? [make("p", { class: "intake-count" }, `${text.length} of ${globalThis.netkitIntake.lint.longest} characters`)] : [];
    document.getElementById("intake-lacks").replaceChildren(...count, ...(lacks.length
      ? [make("p", { class: "intake-label" }, "What it still lacks"), make("ul", {}, ...lacks.map((each) => make("li", {}, each)))]
      : [make("p", { class: "intake-label" }, "Nothing is missing.")]));
    const send = document.getElementById("intake-send");
    if (send && owner.address.startsWith("mailto:")) {
      const subject = globalThis.netkitFill(letter.subject, { ...state.values, contact_name: (state.values.contact_name ?? "").trim() || "…" });
      send.href = `${owner.address}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(text)}`;
    }
  }

  async function copy() {
    const area = document.getElementById("intake-text");
    try {
      await navigator.clipboard.writeText(area.value);
    } catch { // a page opened from disk may not: then the text is marked, and the browser's own copying does it
      area.select();
      document.execCommand("copy");
    }
    document.getElementById("intake-copied").textContent = "Copied.";
  }

  step();
})();
