/* Sends a form with a large file and shows how far it is; the answer takes the place of the element the form names.
   Without this file the form is sent like any other. */
(() => {
  for (const form of document.querySelectorAll("form[data-upload]")) {
    const box = form.querySelector("[data-progress]");
    const bar = box.querySelector("progress"), says = box.querySelector("[role=status]");
    const buttons = form.querySelectorAll("button");

    const stop = (sentence) => {
      says.textContent = sentence;
      box.hidden = !sentence;
      bar.hidden = true;
      for (const button of buttons) button.disabled = false;
    };

    const show = (answer) => {
      const elsewhere = answer.getResponseHeader("HX-Redirect");
      if (elsewhere) { window.location.assign(elsewhere); return; }
      if (answer.status === 413) { stop(form.dataset.large); return; }
      if (answer.status !== 200 && answer.status !== 422) { stop(form.dataset.lost); return; }
      stop("");
      document.getElementById(form.dataset.upload).outerHTML = answer.responseText;
      document.getElementById(form.dataset.upload).focus();
    };

    const send = (body) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("HX-Request", "true");
      request.upload.addEventListener("progress", (event) => {
        bar.value = event.total ? Math.floor(100 * event.loaded / event.total) : 0;
        says.textContent = `${form.dataset.sending} ${bar.value}%`;
      });
      request.upload.addEventListener("load", () => { bar.removeAttribute("value"); says.textContent = form.dataset.reading; });
      request.addEventListener("load", () => show(request));
      request.addEventListener("error", () => stop(form.dataset.lost));
      request.send(body);
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = new FormData(form, event.submitter);
      const size = [...body.values()].reduce((sum, value) => sum + (value.size || 0), 0);
      if (size > Number(form.dataset.most)) { stop(form.dataset.large); return; }
      for (const button of buttons) button.disabled = true;
      box.hidden = bar.hidden = false;
      bar.value = 0;
      send(body);
    });
  }
})();
