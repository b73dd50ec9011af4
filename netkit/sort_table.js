/* Sorts a table by the column whose heading is pressed: numbers as numbers, and once more for the other way round. */
const head = event.target.closest("th[aria-sort]");
if (head) {
  const [table, place, down] = [this, head.cellIndex, head.ariaSort === "ascending"];
  const value = (row) => row.cells[place].dataset.value ?? row.cells[place].textContent;
  const order = (a, b) => (isFinite(a) && isFinite(b) && a !== "" && b !== "" ? a - b : a.localeCompare(b));
  const rows = [...table.tBodies[0].rows].sort((a, b) => order(value(a), value(b)));
  for (const each of head.parentNode.cells) each.ariaSort = "none";
  head.ariaSort = down ? "descending" : "ascending";
  table.tBodies[0].append(...(down ? rows.reverse() : rows));
}
