import { element } from "./dom";
import { type Kind, placeOf } from "./puzzles";

/** What a board shows. */
export interface BoardContent {
  readonly kind: Kind;
  /** The question. */
  readonly clues: Uint8Array;
  /** The answer and its probabilities. */
  readonly answer?: Uint8Array;
  readonly confidence?: Float32Array;
  /** Cells that break a rule, or differ from the solution. */
  readonly wrong?: readonly number[];
  /** Cells whose answer differs from that of the step before. */
  readonly changed?: readonly number[];
}

export interface BoardOptions {
  readonly label: string;
  /** Told the question after each change of a cell; without it the board is only shown. */
  readonly onEdit?: (clues: Uint8Array) => void;
  /** Told a text that was pasted into the board. */
  readonly onPaste?: (text: string) => void;
}

export interface Board {
  readonly root: HTMLElement;
  show(content: BoardContent): void;
  /** Writes into the selected cell. */
  write(value: number): void;
}

/** A puzzle to read and to write: one stop of the Tab key, arrow keys inside. */
export function createBoard({ label, onEdit, onPaste }: BoardOptions): Board {
  const root = element("div", { role: "grid", class: "board", "aria-label": label });
  if (!onEdit) root.setAttribute("aria-readonly", "true");
  let content: BoardContent | undefined;
  let cells: HTMLElement[] = [];
  let selected = 0;

  function build({ side, box: [boxRows, boxColumns] = [side, side] }: Kind): void {
    cells = Array.from({ length: side * side }, (_, cell) =>
      element("div", {
        role: "gridcell",
        class: "cell",
        tabindex: cell === 0 ? 0 : -1,
        "data-right": cell % side === side - 1 ? false : (cell + 1) % boxColumns === 0 ? "box" : "cell",
        "data-bottom": bottomLine(Math.floor(cell / side), side, boxRows),
        onfocus: () => select(cell, false),
        onpointerdown: () => select(cell, true),
      }),
    );
    selected = 0;
    const rows = Array.from({ length: side }, (_, row) =>
      element("div", { role: "row" }, ...cells.slice(row * side, (row + 1) * side)),
    );
    root.style.setProperty("--side", `${side}`);
    root.replaceChildren(...rows);
  }

  function select(cell: number, focus: boolean): void {
    if (cell !== selected) {
      cells[selected]?.setAttribute("tabindex", "-1");
      selected = cell;
      cells[cell]?.setAttribute("tabindex", "0");
    }
    if (focus) cells[cell]?.focus();
  }

  function write(value: number): void {
    if (content && onEdit) onEdit(content.kind.put(content.clues, selected, value));
  }

  root.addEventListener("keydown", (event) => {
    if (!content || event.ctrlKey || event.metaKey || event.altKey) return;
    const { side, symbols } = content.kind;
    const [row, column] = [Math.floor(selected / side), selected % side];
    const target = moved(event.key, row, column, side);
    const symbol = symbols.find(({ keys }) => keys.includes(event.key));
    if (target !== undefined) select(target, true);
    else if (symbol) write(symbol.value);
    else return;
    event.preventDefault();
  });
  root.addEventListener("paste", (event) => {
    event.preventDefault();
    onPaste?.(event.clipboardData?.getData("text") ?? "");
  });

  return {
    root,
    write,
    show(next) {
      if (next.kind !== content?.kind) build(next.kind);
      content = next;
      for (const [cell, target] of cells.entries()) showCell(target, cell, next);
    },
  };
}

const bottomLine = (row: number, side: number, boxRows: number): string | false =>
  row === side - 1 ? false : (row + 1) % boxRows === 0 ? "box" : "cell";

/** The cell that a key moves to; undefined for other keys. */
function moved(key: string, row: number, column: number, side: number): number | undefined {
  const clamp = (value: number): number => Math.max(0, Math.min(side - 1, value));
  const moves: { readonly [key: string]: readonly [row: number, column: number] } = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    Home: [row, 0],
    End: [row, side - 1],
    PageUp: [0, column],
    PageDown: [side - 1, column],
  };
  const to = moves[key];
  return to && clamp(to[0]) * side + clamp(to[1]);
}

function showCell(target: HTMLElement, cell: number, content: BoardContent): void {
  const { clues, answer, confidence, wrong, changed, kind } = content;
  const { text, name, given, wall = false } = kind.look(clues[cell]!, answer?.[cell]);
  const broken = wrong?.includes(cell) ?? false;
  const sure = confidence?.[cell] ?? 0;
  target.textContent = text;
  target.classList.toggle("given", given);
  target.classList.toggle("wall", wall);
  target.classList.toggle("wrong", broken);
  target.classList.toggle("changed", !given && (changed?.includes(cell) ?? false));
  target.style.setProperty("--sure", given || !text ? "0" : sure.toFixed(3));
  const what = given || !text ? name : `${name}, ${Math.round(100 * sure)}% sure`;
  target.setAttribute("aria-label", `${placeOf(cell, kind)}: ${what}${broken ? ", breaks a rule" : ""}`);
}
