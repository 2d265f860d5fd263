// The requirements that the suite cites, RFC by RFC, and how each stands.

function standingMark(standing) {
  return el("span", { class: "outcome", title: STANDINGS[standing][1] }, sign(STANDINGS[standing][0]), standing);
}

function requirementLine(requirement, number) {
  return el("li", { class: "requirement", id: anchor("requirement", requirement.id) },
    standingMark(requirement.standing),
    el("span", { class: "section" }, link(requirement, true)),
    el("span", { class: "level" }, requirement.level.toUpperCase()),
    el("span", { class: "says" }, requirement.says || requirement.id),
    el("a", { class: "count", href: `#rows?requirement=${number}` }, counted(requirement.rows.length, "row")));
}

function standingCounts(list) {
  return Object.keys(STANDINGS).map((standing) => [standing, list.filter((one) => one.standing === standing).length])
    .filter(([, count]) => count > 0).map(([standing, count]) => el("span", {}, sign(STANDINGS[standing][0]), `${count} ${standing} `));
}

const bySection = (a, b) => byNumber(partsOf(a).section, partsOf(b).section);

function ledger() {
  const groups = new Map();
  for (const requirement of requirements) {
    const { rfc } = partsOf(requirement);
    (groups.get(rfc) || groups.set(rfc, []).get(rfc)).push(requirement);
  }
  const order = [...groups].sort(([, a], [, b]) => b.length - a.length);
  return section("requirements", "Requirements", `${counted(requirements.length, "sentence")} of ${counted(groups.size, "document")} that rows of this run are about`,
    order.map(([rfc, list]) => lazily(el("details", { class: "rfc" }, el("summary", {}, el("b", {}, rfc), standingCounts(list))), () =>
      el("ol", {}, [...list].sort(bySection).map((one) => requirementLine(one, requirements.indexOf(one)))))));
}
