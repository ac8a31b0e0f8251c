// Uploads a file with tus-js-client as its users do: upload.js ENDPOINT KEY FILE DATASET URLS [OPTIONS].
// URLS is the file in which the client remembers uploads that it began. OPTIONS, JSON: `parallel`, how many at once;
// `abort_at`, the bytes after which the upload is given up and ended. Prints a line of JSON for each thing that happens.
"use strict";
const fs = require("fs");
const path = require("path");
const tus = require("tus-js-client");

const [endpoint, key, file, dataset, urls, optionsText] = process.argv.slice(2);
const options = JSON.parse(optionsText || "{}");
const say = (what) => fs.writeSync(1, JSON.stringify(what) + "\n");

const input = options.parallel ? fs.readFileSync(file) : fs.createReadStream(file);
let aborted = false;
const upload = new tus.Upload(input, {
  endpoint,
  headers: { Authorization: "Bearer " + key },
  metadata: { dataset, filename: path.basename(file) },
  uploadSize: options.parallel ? null : fs.statSync(file).size,
  parallelUploads: options.parallel || 1,
  retryDelays: [0, 100, 200, 500, 1000, 2000, 4000, 8000],
  urlStorage: new tus.FileUrlStorage(urls),
  storeFingerprintForResuming: !options.parallel,
  removeFingerprintOnSuccess: true,
  onProgress(sent) {
    if (options.abort_at && sent >= options.abort_at && !aborted) {
      aborted = true;
      upload.abort(true).then(
        () => say({ aborted: true }),
        (error) => say({ error: error.message }),
      );
    }
  },
  onAfterResponse(request, response) {
    const submission = response.getHeader("Inlet-Submission");
    say({ method: request.getMethod(), status: response.getStatus(), submission: submission || null });
  },
  onSuccess() {
    say({ done: upload.url });
  },
  onError(error) {
    say({ error: error.message });
    process.exitCode = 1;
  },
});

upload.findPreviousUploads().then((previous) => {
  if (previous.length > 0) {
    say({ resumed: previous[0].uploadUrl });
    upload.resumeFromPreviousUpload(previous[0]);
  }
  upload.start();
});
