// In the page of a notebook: draws a figure when it comes near the screen, so that a page opens at once.
const here = document.currentScript;

/** Plotly, loaded once and only where a figure is seen. */
const plotly = (() => {
  let loading;
  return () => {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("plotly.js", here.src).href;
      script.onload = () => resolve(globalThis.Plotly);
      script.onerror = () => reject(new Error("Plotly did not load"));
      document.head.append(script);
    });
    return loading;
  };
})();

const seen = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      draw(target);
    }
  },
  { rootMargin: "600px" },
);
for (const plot of document.querySelectorAll(".plot > div")) seen.observe(plot);

async function draw(plot) {
  const { data, layout } = JSON.parse(plot.querySelector("script").textContent);
  try {
    const Plotly = await plotly();
    plot.textContent = "";
    await Plotly.newPlot(plot, data, layout, { displaylogo: false });
  } catch (error) {
    plot.textContent = `The figure could not be drawn: ${error.message}. Reload the page to try again.`;
  }
}
