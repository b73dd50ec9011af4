// "Try it": a reader answers facts, and the policy's own evaluator says what follows. Nothing leaves the page.
(() => {
  const place = document.getElementById("try-it");
  const { actions, policies } = globalThis.netkitPolicies;
  const card = globalThis.netkitPoints ?? null;
  const site = new URL("../..", document.currentScript.src);
  const KINDS = {
    invitation: "Somebody wants to connect with you",
    introduction: "Somebody asks you for an introduction",
    asking: "You want to connect with somebody",
  };
  const state = { kind: "invitation", policy: policies[0].name, said: {} };

  const { make, plain } = globalThis.netkitElements;
  const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
  const named = (place) => place.replace(/[^A-Za-z0-9_-]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/gu, "-");
  const link = (page, place, words) => make("a", { href: new URL(`${page}.html#${named(place)}`, site).href }, words);
  const joined = (parts) => parts.flatMap((part, i) => (i ? [i === parts.length - 1 ? " or " : ", ", part] : [part]));
  const able = () => policies.filter(({ kinds }) => state.kind in kinds);
  const rules = (policy = state.policy) => policies.find(({ name }) => name === policy).kinds[state.kind];
  const answer = (by, said = state.said) => globalThis.netkitDecide(by, said);
  const spoken = (seen, own = rules().answers) => capital(seen.settled ? own[seen.answer] ?? actions[seen.answer]
    : seen.possible.length ? `still open: ${joined(seen.possible.map((each) => own[each] ?? plain(each))).join("")}`
      : "no rule speaks of this");

  function say(name, value) {
    if (value === "") delete state.said[name];
    else state.said[name] = value;
    showAnswer();
  }

  function chooseKind(kind) {
    state.kind = kind;
    state.said = {};
    if (!able().some(({ name }) => name === state.policy)) state.policy = able()[0].name;
    show();
  }

  function choices() {
    const radios = Object.entries(KINDS).map(([kind, words]) => make("label", {},
      make("input", { type: "radio", name: "kind", value: kind, checked: kind === state.kind,
        onchange: () => { chooseKind(kind); place.querySelector(`[value="${kind}"]`).focus(); } }), ` ${words}`));
    const options = able().map(({ name, title }) =>
      make("option", { value: name, selected: name === state.policy }, title));
    return make("div", { class: "try-choices" },
      make("fieldset", {}, make("legend", {}, "What happened"), ...radios),
      make("p", {}, make("label", { for: "try-policy" }, "By which policy "),
        make("select", { id: "try-policy", onchange: ({ target }) => {
          state.policy = target.value;
          show();
          document.getElementById("try-policy").focus();
        } }, ...options)));
  }

  function settledWords(by, seen) {
    if (!seen.rule) return [make("p", {}, "No rule of this policy speaks of such a request.")];
    const clauses = seen.rule.clause.split(", ").filter((clause) => clause !== "own");
    const sources = [link(by.page, `${state.kind}-${seen.rule.id}`, "the rule"),
      ...clauses.map((clause) => link("reference/clauses", clause.toLowerCase(), clause)),
      ...(seen.rule.letter ? [link("policy/letters", seen.rule.letter, `the letter: ${plain(seen.rule.letter)}`)] : [])];
    return [make("p", {}, seen.rule.because),
      make("p", { class: "try-sources" }, "Look up ", ...sources.flatMap((each, i) => (i ? [", ", each] : [each])), ".")];
  }

  function assumptions(by) {
    const used = by.facts.filter(({ name, assumed }) => assumed !== null && !(name in state.said));
    if (!used.length) return [];
    const words = used.map(({ name, assumed }) => `${plain(name)}: ${plain(String(assumed))}`).join("; ");
    return [make("p", { class: "try-sources" }, `Assumed until you say otherwise: ${words}.`)];
  }

  // The sum of the card's points, what counts in it, and the chance that it stands for.
  globalThis.netkitAddUp = (said) => {
    const { kinds } = policies.find(({ name }) => name === card.policy);
    const { action } = answer(kinds.invitation, said);
    const rules = card.rules * (card.meaning[action] ?? 0);
    const counted = card.facts.map(({ name, bands, points }) => {
      const value = said[name] ?? "unknown";
      const level = bands && value !== "unknown" ? bands.findLast(([low]) => low <= value)[1] : value;
      return [points[level] ?? 0, `${plain(name)}: ${plain(String(level))}`];
    });
    const parts = [[rules, `the rules say ${plain(action ?? "nothing yet")}`], ...counted].filter(([points]) => points);
    const sum = parts.reduce((total, [points]) => total + points, 0);
    return { sum, parts, chance: 1 / (1 + Math.exp(-(card.base + card.each * sum))) };
  };

  function pointsCard() {
    if (!card || state.kind !== "invitation") return [];
    const { sum, parts, chance } = globalThis.netkitAddUp(state.said);
    const signed = (points) => `${points < 0 ? "−" : "+"}${Math.abs(points)}`;
    const whose = card.data === "own" ? "decisions of the owner of this handbook" : "decisions of an invented person";
    return [make("p", { class: "try-label" }, "What was done so far"),
      make("p", {}, `${sum < 0 ? "−" : ""}${Math.abs(sum)} ${Math.abs(sum) === 1 ? "point" : "points"}: about `
        + `${Math.round(100 * chance)} of 100 like it were accepted.`),
      make("details", { class: "try-sum" }, make("summary", {}, "How the points add up"),
        make("ul", {}, ...(parts.length ? parts.map(([points, words]) => make("li", {}, make("strong", {}, signed(points)), ` ${words}`))
          : [make("li", {}, "Nothing that you said counts.")])),
        make("p", { class: "try-sources" }, `Learned from ${card.n.toLocaleString("en")} ${whose}. The rules answer; this only says `
          + "how such requests were answered before. ", link(card.page, "one-page-of-points", "The card"), "."))];
  }

  function nextQuestion(by, seen) {
    const fact = by.facts.find(({ name }) => name === seen.next);
    if (!fact) return [];
    const buttons = fact.answers.map(([value, words]) => make("button", { type: "button", class: "try-button",
      onclick: () => {
        say(fact.name, value);
        document.getElementById(`try-${fact.name}`).value = value;
        (place.querySelector(".try-next button") ?? place.querySelector(".try-again")).focus();
      } }, make("strong", {}, words), make("span", {}, then(by, fact.name, value))));
    return [make("fieldset", { class: "try-next" }, make("legend", {}, fact.question, ...meaning(fact)), ...buttons)];
  }

  const meaning = ({ means }) => (means ? [make("span", { class: "try-means" }, ` ${capital(means)}.`)] : []);

  function then(by, name, value) {
    const seen = answer(by, { ...state.said, [name]: value });
    return seen.settled ? `then ${plain(seen.action)}` : "";
  }

  function showAnswer() {
    const by = rules();
    const seen = answer(by);
    const words = seen.settled ? settledWords(by, seen)
      : [make("p", {}, seen.next ? "It depends on what else you say. Next, the least troublesome to find out:"
        : "No rule of this policy speaks of such a request.")];
    document.getElementById("try-answer").replaceChildren(
      make("p", { class: seen.settled ? "try-verdict" : "try-verdict try-open" }, spoken(seen)), ...words);
    document.getElementById("try-next").replaceChildren(...nextQuestion(by, seen), ...assumptions(by),
      make("button", { type: "button", class: "try-button try-again", disabled: false, onclick: () => {
        state.said = {};
        show();
        place.querySelector(".try-next button").focus();
      } }, "Start again"));
    const open = document.querySelector(".try-sum")?.open;
    document.getElementById("try-points").replaceChildren(...pointsCard());
    if (open) document.querySelector(".try-sum")?.setAttribute("open", "");
    document.getElementById("try-others").replaceChildren(...able().map(({ name, title, kinds }) => {
      const other = answer(kinds[state.kind]);
      return make("tr", {}, make("th", { scope: "row" }, title), make("td", {}, spoken(other, kinds[state.kind].answers)),
        make("td", {}, other.rule ? link(kinds[state.kind].page, `${state.kind}-${other.rule.id}`, plain(other.rule.id)) : ""));
    }));
  }

  function allFacts(by) {
    const asked = by.facts.map(({ name }) => name);
    const counted = card && state.kind === "invitation" ? card.facts.filter(({ name }) => !asked.includes(name)) : [];
    const more = counted.map((fact) => ({ ...fact, assumed: null, effort: Infinity, levels: fact.bands ? null : [] }));
    const rows = [...by.facts, ...more].sort((one, other) => one.effort - other.effort).map((fact) => {
      const none = fact.assumed === null ? "not known" : `not said (${plain(String(fact.assumed))} is assumed)`;
      const options = [["", none], ...fact.answers].map(([value, words]) =>
        make("option", { value, selected: String(state.said[fact.name] ?? "") === String(value) }, words));
      return make("div", { class: "try-fact" }, make("label", { for: `try-${fact.name}` }, fact.question, ...meaning(fact)),
        make("select", { id: `try-${fact.name}`, onchange: ({ target }) =>
          say(fact.name, target.value === "" || fact.levels ? target.value : Number(target.value)) }, ...options));
    });
    return make("details", { class: "try-facts", open: true }, make("summary", {}, "All the facts this policy asks for"), ...rows);
  }

  function show() {
    const heads = ["policy", "answer", "rule"].map((words) => make("th", { scope: "col" }, words));
    place.replaceChildren(choices(),
      make("div", { class: "try-columns" },
        make("section", { class: "try-answer", "aria-label": "The answer" },
          make("div", { id: "try-answer", role: "status", "aria-live": "polite" }), make("div", { id: "try-next" }), make("div", { id: "try-points" })),
        allFacts(rules())),
      make("details", { class: "try-facts" }, make("summary", {}, "How each policy answers the same request"),
        make("div", { class: "try-wide", tabindex: "0", role: "region", "aria-label": "How each policy answers" },
          make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", { id: "try-others" })))));
    showAnswer();
  }
  show();
})();
