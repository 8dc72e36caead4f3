// A JupyterLab extension, written as JupyterLab loads it, so that it needs no build: figures shrink with the window, follow the
// dark theme, and do not change the notebook when the pointer hovers. Without it they are as the notebook has them.
const STYLE = `
  .jp-RenderedPlotly { transform-origin: 0 0; }
  .jp-RenderedPlotly .plot-img { max-width: 100%; height: auto; }
  /* Light and dark change places, hues stay. */
  body[data-jp-theme-light="false"] .jp-RenderedPlotly { filter: invert(0.92) hue-rotate(180deg); }
`;

/** Scales a drawn figure down to the width that its cell has; Plotly takes a scaled parent into account when the pointer hovers. */
function fit(figure) {
  const drawing = figure.querySelector(".plot-container .main-svg");
  const [width, height] = ["width", "height"].map((side) => Number(drawing?.getAttribute(side) ?? 0));
  const room = figure.parentElement.clientWidth - figure.offsetLeft;
  const isNarrow = drawing !== null && room > 0 && room < width;
  figure.style.transform = isNarrow ? `scale(${room / width})` : "";
  figure.style.minWidth = isNarrow ? `${width}px` : "";
  figure.style.marginBottom = isNarrow ? `${(room / width - 1) * height}px` : "";
}

function activate() {
  const style = document.createElement("style");
  style.textContent = STYLE;
  document.head.append(style);
  const figures = document.getElementsByClassName("jp-RenderedPlotly");
  const fitAll = () => [...figures].filter(({ parentElement }) => parentElement).forEach(fit);
  const cells = new ResizeObserver(fitAll);
  let isPlanned = false;
  const plan = () => {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => {
      isPlanned = false;
      for (const { parentElement } of figures) if (parentElement) cells.observe(parentElement);
      fitAll();
    });
  };
  new MutationObserver(plan).observe(document.body, { childList: true, subtree: true });
  plan();
}

/** Plotly's renderer takes a picture of each figure that it draws and puts it into the notebook; a saved picture shall stay. */
function keepPictures({ RenderMimeRegistry }) {
  const { createRenderer } = RenderMimeRegistry.prototype;
  RenderMimeRegistry.prototype.createRenderer = function (mimeType) {
    const renderer = createRenderer.call(this, mimeType);
    if (mimeType !== "application/vnd.plotly.v1+json") return renderer;
    const render = renderer.renderModel.bind(renderer);
    renderer.renderModel = (model) => {
      const setData = (changes) => "image/png" in model.data || model.setData(changes);
      return render(Object.create(model, { setData: { value: setData } }));
    };
    return renderer;
  };
}

/** JupyterLab's own modules by name and version, each with a function that loads it. */
let modules = {};

window._JUPYTERLAB ??= {};
window._JUPYTERLAB["trm-figures"] = {
  init: async (shared) => {
    modules = shared;
  },
  get: async () => {
    const [rendermime] = Object.values(modules["@jupyterlab/rendermime"]);
    keepPictures((await rendermime.get())());
    return () => ({
      __esModule: true,
      default: { id: "trm-figures:plugin", autoStart: true, activate },
    });
  },
};
