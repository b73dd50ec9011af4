// Generated from netkit/policy/policy.js.
(() => {
// Decides one request by a policy in the browser, exactly as netkit.policy does; a test holds the two together.
// A fact's value is a bit: one per cell, and after them the bit for "not recorded".

function bit({ name, size, levels, cells, cuts }, value) {
  if ([undefined, null, "", "unknown"].includes(value)) return 1 << size;
  const cell = levels ? cells[levels.indexOf(value)] : cuts.findLastIndex((cut) => cut <= value);
  if (!(cell >= 0)) throw new RangeError(`${name} cannot be ${value}`);
  return 1 << cell;
}

// Narrow the allowed bits until every clause (a rule that must fail) is met; null where that cannot be.
function find(domain, clauses) {
  if (domain.includes(0)) return null;
  for (let narrowed = true; narrowed; ) {
    narrowed = false;
    clauses = clauses.filter((clause) => !clause.some(([f, , rest]) => !(domain[f] & rest)))
      .map((clause) => clause.filter(([f, fail]) => domain[f] & fail));
    const single = clauses.find((clause) => clause.length < 2);
    if (single && !single.length) return null;
    if (single) [domain, narrowed] = [domain.with(single[0][0], domain[single[0][0]] & ~single[0][2]), true];
  }
  if (!clauses.length) return domain;
  const [[f, fail, rest]] = clauses[0];
  return find(domain.with(f, domain[f] & ~rest), clauses) ?? find(domain.with(f, domain[f] & ~fail), clauses);
}

const hold = (domain, clause) => clause.reduce((narrow, [f, fail]) => narrow.with(f, narrow[f] & ~fail), domain);
const reach = (domain, clause, above) => find(hold(domain, clause), above.map((each) => each.clause));

// The rules that may still hold with their open conditions, and those that can decide. A rule that can be met
// in several ways counts as so many rules.
function look({ cases, facts }, record, open, ignorant) {
  const left = [];
  for (const { rule, when } of cases) {
    if (when.some(([f, , fail]) => record[f] & fail)) continue;
    const clause = when.filter(([f, holds]) => open[f] && !(ignorant && record[f] & holds))
      .map(([f, holds]) => [f, facts[f].whole & ~holds, facts[f].whole & holds]);
    left.push({ rule, answer: rule.answer, clause });
    if (!clause.length) break;
  }
  if (left.at(-1)?.clause.length !== 0) left.push({ answer: null, clause: [] });
  const known = facts.map(({ size, whole }) => (ignorant ? (1 << size) - 1 : whole));
  const domain = record.map((value, f) => (open[f] ? known[f] : value));
  return { left, domain, deciding: left.filter(({ clause }, i) => reach(domain, clause, left.slice(0, i))) };
}

// Whether two requests that differ only in fact f can get different actions.
function matters({ left, domain }, f) {
  const cells = Array.from({ length: 31 }, (_, i) => 1 << i).filter((value) => domain[f] & value);
  const given = (value) => left.filter(({ clause }) => !clause.some(([g, fail]) => g === f && fail & value))
    .map((each) => ({ ...each, clause: each.clause.filter(([g]) => g !== f) }));
  const pairs = cells.flatMap((one, i) => cells.slice(i + 1).map((other) => [given(one), given(other)]));
  return pairs.some(([ones, others]) => ones.some((one, i) => others.some((other, j) => one.answer !== other.answer
    && reach(hold(domain, one.clause), other.clause, [...ones.slice(0, i), ...others.slice(0, j)]))));
}

// A rule with an end is gone from that day on; days are written 2027-01-31.
function decide({ facts, rules, ask, order }, request, day = new Date().toLocaleDateString("sv")) {
  const cases = rules.filter(({ until }) => !until || day < until)
    .flatMap((rule) => rule.cases.map((when) => ({ rule, when })));
  const record = facts.map((fact) => bit(fact, request[fact.name]));
  const open = facts.map(({ size, asked }, f) => asked && record[f] === 1 << size);
  let seen = look({ cases, facts }, record, open, true);
  let possible = [...new Set(seen.deciding.map((each) => each.answer))];
  if (possible.length === 1) {
    const last = seen.left.at(-1);
    const { rule = null } = last.answer === possible[0] && !last.clause.length ? last : seen.deciding[0];
    return { action: rule?.action ?? null, answer: possible[0], rule, settled: rule !== null,
      possible: possible.filter(Boolean), next: null };
  }
  if (facts.some(({ ignorance }, f) => open[f] && ignorance)) {
    seen = look({ cases, facts }, record, open, false);
    possible = [...new Set(seen.deciding.map((each) => each.answer))];
  }
  const next = ask.find((f) => open[f] && matters(seen, f));
  // In the order in which answers are always named, those of one's own first.
  possible = possible.filter(Boolean).sort((one, other) => order.indexOf(one) - order.indexOf(other));
  return { action: null, answer: null, rule: null, settled: false, possible,
    next: facts[next]?.name ?? null };
}
globalThis.netkitDecide = decide;
})();
