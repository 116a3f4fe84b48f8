// Search over the edition's items: a plain scan of folded text, which 30,000 items answer in well under a second.
// Text reaches the page through textContent only; the address carries the query, so that a search can be linked.
"use strict";
(() => {
  const PAGE = 50;
  const QUERY_MAX = 100;
  const TERMS_MAX = 8;
  const SNIPPET = 90;
  const index = globalThis.GONGKAI_INDEX;
  const byId = (id) => document.getElementById(id);
  const [form, q, d, f, status, results, more] = ["form", "q", "d", "f", "status", "results", "more"].map(byId);
  if (!index) {
    status.textContent = "检索数据没有载入，请确认 assets/search-index.js 与本页在一起。";
    return;
  }
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  let folded = null;
  let hits = [];
  let shown = 0;
  let terms = [];

  // Folded once, at the first search: [name, level 1, text] of each item.
  const foldedItems = () => {
    folded ??= index.items.map((item) => [fold(item[2]), fold(item[3]), fold(item[4])]);
    return folded;
  };

  const isWithin = (division, top) => {
    for (let at = division, steps = 0; at >= 0 && steps < 20; at = index.divisions[at][1], steps++) {
      if (at === top) return true;
    }
    return false;
  };

  // Catalogs that the two selections leave.
  const openCatalogs = () => {
    const top = d.value === "" ? -1 : Number(d.value);
    const domain = f.value === "" ? -1 : Number(f.value);
    return index.catalogs.map((c) => (top < 0 || isWithin(c[0], top)) && (domain < 0 || c[1] === domain));
  };

  // Every term must occur; in the name it counts most, then in level 1, then elsewhere.
  const score = (fields) => {
    let sum = 0;
    for (const term of terms) {
      if (fields[0].includes(term)) sum += fields[0] === term ? 12 : 8;
      else if (fields[1].includes(term)) sum += 3;
      else if (fields[2].includes(term)) sum += 1;
      else return 0;
    }
    return sum;
  };

  const marked = (element, text) => {
    const low = text.toLowerCase();
    // Folding may change the length of rare characters; marks are then left out rather than misplaced.
    let at = 0;
    while (low.length === text.length && at < text.length) {
      let next = -1;
      let length = 0;
      for (const term of terms) {
        const found = low.indexOf(term, at);
        if (found >= 0 && (next < 0 || found < next || (found === next && term.length > length))) {
          next = found;
          length = term.length;
        }
      }
      if (next < 0) break;
      element.append(text.slice(at, next));
      const mark = document.createElement("mark");
      mark.textContent = text.slice(next, next + length);
      element.append(mark);
      at = next + length;
    }
    element.append(text.slice(at));
    return element;
  };

  const snippet = (text) => {
    const low = text.toLowerCase();
    const first = Math.min(...terms.map((term) => low.indexOf(term)).filter((at) => at >= 0), text.length);
    const from = first === text.length ? 0 : Math.max(0, first - 20);
    const cut = text.slice(from, from + SNIPPET);
    return (from > 0 ? "…" : "") + cut + (from + SNIPPET < text.length ? "…" : "");
  };

  const make = (tag, name) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    return element;
  };

  const divisionName = (division) => {
    const [name, above] = index.divisions[division];
    return above >= 0 && index.divisions[above][1] >= 0 ? `${index.divisions[above][0]} ${name}` : name;
  };

  const row = (number) => {
    const [catalog, id, name, level1, text] = index.items[number];
    const [division, domain, page] = index.catalogs[catalog];
    const li = make("li");
    const link = marked(make("a"), name);
    link.href = `${page}#item-${encodeURIComponent(id)}`;
    const where = make("p", "where");
    where.textContent = `${divisionName(division)} · ${index.domains[domain]}${level1 && level1 !== name ? ` · ${level1}` : ""}`;
    li.append(link, where);
    if (text) li.append(marked(make("p", "snip"), snippet(text)));
    return li;
  };

  const showMore = () => {
    const part = hits.slice(shown, shown + PAGE);
    results.append(...part.map((hit) => row(hit[1])));
    shown += part.length;
    more.hidden = shown >= hits.length;
  };

  const search = () => {
    terms = fold(q.value.slice(0, QUERY_MAX)).split(/\s+/u).filter(Boolean).slice(0, TERMS_MAX);
    results.replaceChildren();
    hits = [];
    shown = 0;
    more.hidden = true;
    if (terms.length === 0) {
      status.textContent = `本版共 ${index.items.length} 项公开事项。`;
      return;
    }
    const open = openCatalogs();
    foldedItems().forEach((fields, number) => {
      const points = open[index.items[number][0]] ? score(fields) : 0;
      if (points > 0) hits.push([points, number]);
    });
    hits.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    status.textContent = hits.length === 0 ? "没有找到。可以换一个词，或放宽单位和领域。" : `找到 ${hits.length} 项。`;
    showMore();
  };

  const remember = () => {
    const query = new URLSearchParams();
    for (const field of [q, d, f]) if (field.value) query.set(field.name, field.value);
    try {
      history.replaceState(null, "", `?${query}`);
    } catch {
      // Some browsers refuse this for pages on a disk; the search works all the same.
    }
  };

  const asked = new URLSearchParams(location.search);
  q.value = asked.get("q") ?? "";
  for (const field of [d, f]) {
    const value = asked.get(field.name) ?? "";
    if ([...field.options].some((option) => option.value === value)) field.value = value;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    remember();
    search();
  });
  for (const field of [d, f]) field.addEventListener("change", () => { remember(); search(); });
  more.addEventListener("click", showMore);
  search();
})();
