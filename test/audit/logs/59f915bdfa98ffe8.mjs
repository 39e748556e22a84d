// core/canonical.ts
var canonicalJson = (value) => {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return canonicalNumber(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object") return canonicalObject(value);
  throw new Error(`BUG: ${typeof value} has no canonical JSON`);
};
var canonicalNumber = (value) => {
  if (!Number.isFinite(value)) throw new Error(`BUG: ${value} has no canonical JSON`);
  return JSON.stringify(value);
};
var canonicalObject = (value) => {
  const keys = Object.keys(value).filter((key) => value[key] !== void 0).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(",")}}`;
};

// core/units.ts
var secondsToMs = (seconds3) => Math.round(seconds3 * 1e3);
var FIXED_POINT = 1e6;
var fixed = (value) => {
  const rounded = Math.round(value * FIXED_POINT) / FIXED_POINT;
  return Object.is(rounded, -0) ? 0 : rounded;
};
var showNumber = (value) => {
  if (value === null) return "?";
  const decimals = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Math.round(value * 10 ** decimals) / 10 ** decimals);
};
function assert(condition, message) {
  if (!condition) throw new Error(`BUG: ${message}`);
}

// core/scaling/claim.ts
var unclaimed = { logId: null, epoch: 0, ownerId: "", coreHash: "", simulated: false, ownerSinceMs: -1, lastTickMs: -1 };
var clockToleranceMs = 5e3;
var roleOf = (claim, tick, appendedAtMs) => {
  if (claim.logId !== null && tick.logId !== claim.logId) return "ignored";
  if (isOtherTime(claim, tick)) return "ignored";
  if (tick.time <= claim.lastTickMs) return "ignored";
  if (!tick.simulated && Math.abs(tick.time - appendedAtMs) > clockToleranceMs) return "ignored";
  if (tick.epoch > claim.epoch) return "claim";
  return isOwners(claim, tick) ? "tick" : "ignored";
};
var isOtherTime = (claim, tick) => claim.logId !== null && tick.simulated !== claim.simulated;
var isOwners = (claim, tick) => tick.epoch === claim.epoch && tick.ownerId === claim.ownerId && tick.coreHash === claim.coreHash;
var claimAfter = (claim, tick, role2) => role2 === "tick" ? { ...claim, lastTickMs: tick.time } : {
  logId: claim.logId ?? tick.logId,
  epoch: tick.epoch,
  ownerId: tick.ownerId,
  coreHash: tick.coreHash,
  simulated: claim.logId === null ? tick.simulated : claim.simulated,
  ownerSinceMs: tick.time,
  lastTickMs: tick.time
};

// core/signals/heartbeat.ts
var addHeartbeat = (heartbeats, event) => {
  const known = heartbeats.find((one) => one.source === event.source);
  if (known && known.timeMs >= event.time) return heartbeats;
  const others = heartbeats.filter((one) => one.source !== event.source);
  const beat = { source: event.source, timeMs: event.time, targetsScraped: event.targetsScraped };
  return [...others, beat].sort((a, b) => a.source < b.source ? -1 : 1);
};
var dropHeartbeatsBefore = (heartbeats, before) => heartbeats.some((one) => one.timeMs <= before) ? heartbeats.filter((one) => one.timeMs > before) : heartbeats;
var isAlive = (heartbeats, source, within) => heartbeats.some((one) => one.source === source && one.targetsScraped > 0 && within.now - one.timeMs <= within.maxAge);

// core/roles.ts
var roles = ["prefill", "decode"];
var noInstances = { prefill: 0, decode: 0 };
var sameCounts = (a, b) => a.prefill === b.prefill && a.decode === b.decode;
var addCounts = (a, b) => ({
  prefill: a.prefill + b.prefill,
  decode: a.decode + b.decode
});
var sumCounts = (all) => all.reduce(addCounts, noInstances);
var showCounts = (counts) => `${counts.prefill}P+${counts.decode}D`;

// core/signals/instances.ts
var addInstances = (views, event) => {
  const known = views.find((view) => view.subCluster === event.subCluster);
  const others = views.filter((view) => view.subCluster !== event.subCluster);
  const next = merge(known ?? unseen(event.subCluster), event);
  return next === known ? views : [...others, next].sort((a, b) => a.subCluster < b.subCluster ? -1 : 1);
};
var unseen = (subCluster) => ({
  subCluster,
  newestAtMs: -1,
  newestComplete: false,
  completeAtMs: null,
  groups: []
});
var merge = (view, event) => {
  const newest = event.observedAt > view.newestAtMs ? { newestAtMs: event.observedAt, newestComplete: event.complete } : {};
  const complete = event.complete && event.observedAt > (view.completeAtMs ?? -1) ? { completeAtMs: event.observedAt, groups: event.groups.map(groupView).sort(byGroup) } : {};
  return { ...view, ...newest, ...complete };
};
var byGroup = (a, b) => a.group < b.group ? -1 : 1;
var groupView = (group) => ({
  group: group.group,
  sequence: group.sequence,
  desired: countsOf(group, "desired"),
  registered: countsOf(group, "registered")
});
var countsOf = (group, field) => group.roles.reduce((counts, role2) => ({ ...counts, [role2.role]: counts[role2.role] + role2[field] }), noInstances);
var dropEmptyViewsBefore = (views, before) => views.some((view) => isForgettable(view, before)) ? views.filter((view) => !isForgettable(view, before)) : views;
var isForgettable = (view, before) => view.groups.length === 0 && view.newestAtMs <= before;
var allGroups = (views) => views.flatMap((view) => view.groups);
var desiredCounts = (views) => sumCounts(allGroups(views).map((group) => group.desired));
var registeredCounts = (views) => sumCounts(allGroups(views).map((group) => group.registered));
var groupCount = (views) => Math.max(1, allGroups(views).filter((group) => group.desired.prefill + group.desired.decode > 0).length);
var highestSequence = (views) => Math.max(0, ...allGroups(views).map((group) => group.sequence));
var isCompleteSince = (views, since) => views.length > 0 && views.every((view) => view.newestComplete && view.completeAtMs !== null && view.completeAtMs > since);
var oldestViewAge = (views, now) => {
  if (views.length === 0 || views.some((view) => view.completeAtMs === null)) return null;
  return now - Math.min(...views.map((view) => view.completeAtMs));
};

// core/signals/sample.ts
var signalNames = [
  "decodeTps",
  "prefillTps",
  "ttftMsP95",
  "tbtMsP95",
  "prefillQueueDepth",
  "decodeQueueDepth",
  "prefillRequestsRunning",
  "decodeRequestsRunning"
];
var isIdleSample = (sample) => sample.value === null && sample.requests === 0;
var maxSamplesPerSource = 240;
var maxSourcesPerSignal = 64;
var noSamples = {
  decodeTps: [],
  prefillTps: [],
  ttftMsP95: [],
  tbtMsP95: [],
  prefillQueueDepth: [],
  decodeQueueDepth: [],
  prefillRequestsRunning: [],
  decodeRequestsRunning: []
};
var addSample = (history, measured2) => {
  const series = history[measured2.signal];
  const index = series.findIndex((one) => one.source === measured2.source && one.role === measured2.role);
  const known = series[index];
  const samples = insertByWindow(known?.samples ?? [], measured2.sample);
  if (known && samples === known.samples) return history;
  const changed = { source: measured2.source, role: measured2.role, samples };
  const all = known ? series.with(index, changed) : [...series, changed].sort(bySource).slice(0, maxSourcesPerSignal);
  return { ...history, [measured2.signal]: all };
};
var insertByWindow = (samples, sample) => {
  const last = samples.at(-1);
  if (!last || last.endMs < sample.endMs) return [...samples, sample].slice(-maxSamplesPerSource);
  const index = samples.findIndex((one) => one.endMs >= sample.endMs);
  if (samples[index]?.endMs === sample.endMs) return samples;
  return samples.toSpliced(index, 0, sample).slice(-maxSamplesPerSource);
};
var bySource = (a, b) => compareText(a.source, b.source) || compareText(a.role, b.role);
var compareText = (a, b) => a < b ? -1 : a > b ? 1 : 0;
var forgetSamples = (history, { horizon, since, before }) => keepSamples(history, (sample, samples) => {
  if (sample.endMs <= before) return false;
  if (sample.endMs > horizon || sample.endMs > since) return true;
  const seen = samples.filter(({ endMs }) => endMs <= horizon);
  return sample === seen.at(-1) || sample === seen.findLast(({ value }) => value !== null);
});
var samplesUntil = (history, horizon) => keepSamples(history, ({ endMs }) => endMs <= horizon);
var nextWindowEnd = (history, horizon) => {
  const ends = signalNames.flatMap(
    (signal) => history[signal].flatMap((series) => series.samples.find((sample) => sample.endMs > horizon)?.endMs ?? [])
  );
  return ends.length === 0 ? null : Math.min(...ends);
};
var keepSamples = (history, keep) => {
  const keepOf = (series) => {
    const samples = series.samples.filter((sample) => keep(sample, series.samples));
    return samples.length === series.samples.length ? series : { ...series, samples };
  };
  const keepAll = (all) => all.map(keepOf).filter(({ samples }) => samples.length > 0);
  return {
    decodeTps: keepAll(history.decodeTps),
    prefillTps: keepAll(history.prefillTps),
    ttftMsP95: keepAll(history.ttftMsP95),
    tbtMsP95: keepAll(history.tbtMsP95),
    prefillQueueDepth: keepAll(history.prefillQueueDepth),
    decodeQueueDepth: keepAll(history.decodeQueueDepth),
    prefillRequestsRunning: keepAll(history.prefillRequestsRunning),
    decodeRequestsRunning: keepAll(history.decodeRequestsRunning)
  };
};

// core/signals/window.ts
var isValued = (sample) => sample.value !== null;
var isWithin = (sample, { endMs, lengthMs }) => sample.endMs > endMs - lengthMs && sample.endMs <= endMs;
var valuedWithin = (series, window) => series.samples.filter(isValued).filter((sample) => isWithin(sample, window));
var newestValued = (series) => series.samples.findLast(isValued) ?? null;
var meanOver = (series, window) => {
  const samples = valuedWithin(series, window);
  const weight = samples.reduce((sum, sample) => sum + weightOf(sample), 0);
  if (samples.length === 0) return null;
  return fixed(samples.reduce((sum, sample) => sum + sample.value * weightOf(sample), 0) / weight);
};
var weightOf = (sample) => Math.max(1, sample.requests ?? sample.endMs - sample.startMs);
var recentValue = (series, window) => meanOver(series, window) ?? newestValued(series)?.value ?? null;
var risingRatio = 1.1;
var isRising = (series, window, floor) => {
  const half = window.lengthMs / 2;
  const older = meanOver(series, { endMs: window.endMs - half, lengthMs: half });
  const newer = meanOver(series, { endMs: window.endMs, lengthMs: half });
  return older !== null && newer !== null && newer >= floor && newer > fixed(older * risingRatio);
};

// core/signals/source-coverage.ts
var isFreshSeries = (series, sight) => isRecent(newestValued(series), sight);
var isRecent = (sample, sight) => sample !== null && sight.nowMs - sample.endMs <= sight.staleAfterMs;
var newestAge = (series, sight) => {
  const ends = series.flatMap((one) => newestValued(one)?.endMs ?? []);
  return ends.length === 0 ? null : sight.nowMs - Math.max(...ends);
};
var coverageOf = (series, sight, { role: role2, window }) => {
  const recent = series.filter((one) => isRecent(one.samples.at(-1) ?? null, sight));
  const registeredOf = (one) => one.samples.at(-1)?.registered ?? 0;
  const heard = recent.reduce((sum, one) => sum + lowestShare(one, window) * registeredOf(one), 0);
  const registered = Math.max(sight.registered[role2], recent.reduce((sum, one) => sum + registeredOf(one), 0));
  return registered === 0 ? null : Math.min(1, fixed(heard / registered));
};
var lowestShare = ({ samples }, window) => Math.min(...samples.filter((sample) => isWithin(sample, window) || sample === samples.at(-1)).map(shareOf));
var shareOf = (sample) => {
  if (sample.registered === 0) return 1;
  return sample.value !== null || isIdleSample(sample) ? sample.heard / sample.registered : 0;
};

// core/signals/queue-evidence.ts
var queueWindowMs = 6e4;
var queueEvidence = (history, sight, role2) => {
  const signal = role2 === "prefill" ? "prefillQueueDepth" : "decodeQueueDepth";
  const fresh = history[signal].filter((one) => isFreshSeries(one, sight));
  const window = { endMs: sight.horizonMs, lengthMs: queueWindowMs };
  const floor = Math.max(1, sight.registered[role2] / fresh.length);
  return { ...requestsNow(history, sight, { signal, role: role2 }), rising: fresh.some((one) => isRising(one, window, floor)) };
};
var runningEvidence = (history, sight, role2) => requestsNow(history, sight, { signal: role2 === "prefill" ? "prefillRequestsRunning" : "decodeRequestsRunning", role: role2 });
var requestsNow = (history, sight, { signal, role: role2 }) => {
  const series = history[signal];
  const fresh = series.filter((one) => isFreshSeries(one, sight));
  const ageMs = newestAge(series, sight);
  return {
    signal,
    state: fresh.length > 0 ? "fresh" : ageMs === null ? "missing" : "stale",
    value: fresh.length === 0 ? null : fixed(fresh.reduce((sum, one) => sum + (newestValued(one)?.value ?? 0), 0)),
    ageMs,
    coverage: coverageOf(series, sight, { role: role2, window: { endMs: sight.horizonMs, lengthMs: 0 } }),
    rising: false
  };
};
var isNobodyWaiting = ({ queues }, minCoverage) => roles.every((role2) => isSeenToBeZero(queues[role2], minCoverage));
var isNobodyServed = ({ running }, role2, minCoverage) => isSeenToBeZero(running[role2], minCoverage);
var isSeenToBeZero = ({ state, value, coverage }, minCoverage) => state === "fresh" && value === 0 && coverage !== null && coverage >= minCoverage;

// core/controls/stop.ts
var rules = [
  { code: "KILL_SWITCH", control: "kill-switch", value: "on" },
  { code: "FROZEN", control: "freeze", value: "on" },
  { code: "PAUSED", control: "mode", value: "paused" },
  { code: "RECOMMEND_ONLY", control: "mode", value: "recommend" }
];
var stopOf = (directives, nowMs) => {
  for (const { code, control, value } of rules) {
    const found = directives.find((it) => says(it, { control, value }) && isInForce(it, nowMs));
    if (found) return { code, detail: `${control} ${value} for ${found.scope} by ${found.author}: ${found.reason}`, untilMs: found.untilMs };
  }
  return null;
};
var says = (directive, { control, value }) => directive.control === control && directive.value === value;
var lastStopMs = (directives, nowMs) => {
  const stops = directives.filter((directive) => rules.some((rule) => says(directive, rule)));
  return stops.length === 0 ? null : Math.max(...stops.map(({ untilMs }) => Math.min(untilMs ?? nowMs, nowMs)));
};
var isInForce = ({ untilMs }, nowMs) => untilMs === null || nowMs < untilMs;
var manualScaleOf = (directives, nowMs) => {
  const directive = directives.find((it) => it.control === "manual-scale" && it.value === "on" && isInForce(it, nowMs));
  if (!directive || directive.prefill === null || directive.decode === null) return null;
  return { target: { prefill: directive.prefill, decode: directive.decode }, directive };
};

// core/events/control.ts
var controlKinds = ["kill-switch", "freeze", "mode", "manual-scale"];

// core/scaling/verdict.ts
var hold = (reason, detail, untilMs = null) => ({ reason, detail, untilMs, withheld: null });

// core/scaling/controls.ts
var mostDirectives = 2 * controlKinds.length;
var foldControls = (state, { controlsEnd, directives }, nowMs) => {
  if (state.controls && controlsEnd <= state.controls.controlsEnd) return state;
  return { ...noteStop(state, nowMs), controls: { controlsEnd, directives: directives.slice(0, mostDirectives) }, holdReason: "" };
};
var noteStop = (state, nowMs) => {
  const stoppedAtMs = lastStopMs(state.controls?.directives ?? [], nowMs);
  return stoppedAtMs === null ? state : { ...state, stoppedAtMs: Math.max(state.stoppedAtMs ?? stoppedAtMs, stoppedAtMs) };
};
var unknownControls = "the owner of the partition has not said yet what operators ordered for this service";
var heedControls = ({ controls, nowMs, current }, outcome) => {
  if (controls === null) return { hold: hold("CONTROLS_UNKNOWN", unknownControls), limits: [] };
  const stop = stopOf(controls, nowMs);
  if (stop === null) return outcome;
  if (stop.code !== "RECOMMEND_ONLY") return { hold: hold(stop.code, stop.detail, stop.untilMs), limits: [] };
  if ("hold" in outcome) return outcome;
  const from = current === null ? "" : `${showCounts(current)} -> `;
  return { hold: recommended(outcome.order, { from, untilMs: stop.untilMs, why: stop.detail }), limits: outcome.limits };
};
var recommended = (order, { from, untilMs, why }) => ({
  reason: "RECOMMEND_ONLY",
  detail: `would ${order.kind} ${from}${showCounts(order.to)}: ${order.reason}; ${why}`,
  untilMs,
  withheld: order
});
var activityControl = (controls, nowMs) => {
  if (controls === null) return { code: "CONTROLS_UNKNOWN", detail: unknownControls };
  const stop = stopOf(controls, nowMs);
  if (stop) return stop;
  const manual = manualScaleOf(controls, nowMs);
  return manual && { code: "MANUAL", detail: `${showCounts(manual.target)} by hand of ${manual.directive.author}: ${manual.directive.reason}` };
};

// core/scaling/conditions.ts
var conditionsAfter = (state, verdict, nowMs) => [ableToScale(state, verdict), scalingActive(verdict, activityControl(state.controls?.directives ?? null, nowMs)), scalingLimited(verdict), ratioSatisfied(verdict)].map((next) => {
  const before = state.conditions.find(({ type }) => type === next.type);
  if (before && before.status === next.status && before.reason === next.reason) return before;
  return { ...next, lastTransitionTime: before && before.status === next.status ? before.lastTransitionTime : nowMs };
});
var ableToScale = (state, verdict) => {
  const [stuck] = state.stuckGroups;
  if (stuck) return { type: "AbleToScale", status: "False", reason: "RolloutStuck", message: `group ${stuck.group} waits for repair` };
  const held = heldBy(verdict, ["FAILURE_BACKOFF"]);
  if (held) return { type: "AbleToScale", status: "False", reason: "FailureBackoff", message: held };
  return { type: "AbleToScale", status: "True", reason: "ReadyForNewScale", message: "nothing stands in the way of an order" };
};
var evidenceHolds = ["INSTANCES_UNKNOWN", "EVIDENCE_MISSING", "EVIDENCE_FAILED", "EVIDENCE_STALE", "COVERAGE_LOW"];
var scalingActive = (verdict, control) => {
  if (control) return { type: "ScalingActive", status: "False", reason: control.code, message: control.detail };
  const held = heldBy(verdict, evidenceHolds);
  return held ? { type: "ScalingActive", status: "False", reason: "EvidenceIncomplete", message: held } : { type: "ScalingActive", status: "True", reason: "ValidEvidence", message: "the target follows the signals" };
};
var scalingLimited = (verdict) => {
  const held = heldBy(verdict, ["AT_BOUNDS", "RATE_LIMITED", "NO_FEASIBLE_PAIR"]);
  const [limit] = verdict.limits;
  if (held) return { type: "ScalingLimited", status: "True", reason: "AskLimited", message: held };
  if (limit) return { type: "ScalingLimited", status: "True", reason: "AskLimited", message: `${limit.limit}: ${limit.detail}` };
  return { type: "ScalingLimited", status: "False", reason: "DesiredWithinRange", message: "no limit changes what is wanted" };
};
var ratioSatisfied = ({ current, isRatioSatisfied: isRatioSatisfied2 }) => {
  if (!current) return { type: "RatioSatisfied", status: "Unknown", reason: "InstancesUnknown", message: "the counts are not known" };
  return isRatioSatisfied2 ? { type: "RatioSatisfied", status: "True", reason: "InBand", message: `${current.prefill}P+${current.decode}D is in band` } : { type: "RatioSatisfied", status: "False", reason: "OutOfBand", message: `${current.prefill}P+${current.decode}D is out of band` };
};
var heldBy = (verdict, reasons) => "hold" in verdict && reasons.includes(verdict.hold.reason) ? `${verdict.hold.reason}: ${verdict.hold.detail}` : null;

// core/service/fault.ts
var showFaultIn = (file) => (fault) => {
  const hint = fault.hint === "" ? "" : ` (${fault.hint})`;
  return `${fault.code} ${placeOf(fault, file)}: ${fault.got}; ${fault.allowed}${hint}`;
};
var showFault = showFaultIn("");
var placeOf = (fault, file) => {
  const column = fault.column === void 0 ? "" : `:${fault.column}`;
  const line = fault.line === void 0 ? "" : file === "" ? `line ${fault.line}${column}` : `:${fault.line}${column}`;
  return [`${file}${line}`, fault.path].filter((part) => part !== "").join(" ") || "document";
};
var SHOWN_CHARACTERS = 60;
var showValue = (value) => {
  if (value === void 0) return "nothing";
  if (value === null) return "blank";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a map";
  if (typeof value !== "string") return String(value);
  const short = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;
  return JSON.stringify(short).replace(/[^\x20-\x7e…]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
};

// core/service/immutable.ts
var immutableFaults = (before, after) => [
  { path: "spec.cell", from: before.spec.cell, to: after.spec.cell },
  ...roles.map((role2) => ({
    path: `spec.roles.${role2}.gpusPerInstance`,
    from: before.spec.roles[role2].gpusPerInstance,
    to: after.spec.roles[role2].gpusPerInstance
  }))
].filter(({ from, to }) => from !== to).map(({ path, from, to }) => ({
  path,
  code: "E_SPEC_IMMUTABLE",
  got: showValue(to),
  allowed: `${showValue(from)}, which cannot change while the service runs`,
  hint: "apply it as a service of another name"
}));

// core/sha256.ts
var K = Uint32Array.from(fractionalRoots(64, 1 / 3));
var INITIAL = Uint32Array.from(fractionalRoots(8, 1 / 2));
function fractionalRoots(count, exponent) {
  const constants = [];
  for (let candidate = 2; constants.length < count; candidate++) {
    if (!isPrime(candidate)) continue;
    const root = candidate ** exponent;
    constants.push(Math.floor((root - Math.floor(root)) * 2 ** 32));
  }
  return constants;
}
function isPrime(candidate) {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return true;
}
var sha256 = (text) => {
  const hash = Uint32Array.from(INITIAL);
  const schedule = new Uint32Array(64);
  const padded = pad(utf8(text));
  for (let block = 0; block < padded.length; block += 64) compress(hash, schedule, { padded, block });
  return [...hash].map((word) => word.toString(16).padStart(8, "0")).join("");
};
var utf8 = (text) => {
  const bytes = [];
  for (const char of text) appendCodePoint(bytes, char.codePointAt(0));
  return bytes;
};
var appendCodePoint = (bytes, code) => {
  if (code < 128) bytes.push(code);
  else if (code < 2048) bytes.push(192 | code >> 6, 128 | code & 63);
  else if (code < 65536) bytes.push(224 | code >> 12, 128 | code >> 6 & 63, 128 | code & 63);
  else bytes.push(240 | code >> 18, 128 | code >> 12 & 63, 128 | code >> 6 & 63, 128 | code & 63);
};
var pad = (bytes) => {
  const length = Math.ceil((bytes.length + 9) / 64) * 64;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  padded[bytes.length] = 128;
  const view = new DataView(padded.buffer);
  view.setUint32(length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(length - 4, bytes.length << 3 >>> 0);
  return padded;
};
var rotate = (word, by) => word >>> by | word << 32 - by;
var at = (words, index) => words[index];
var extend = (schedule) => {
  for (let i = 16; i < 64; i++) {
    const a = at(schedule, i - 15);
    const b = at(schedule, i - 2);
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ a >>> 3;
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ b >>> 10;
    schedule[i] = at(schedule, i - 16) + s0 + at(schedule, i - 7) + s1;
  }
};
var compress = (hash, schedule, at64) => {
  const view = new DataView(at64.padded.buffer, at64.block, 64);
  for (let i = 0; i < 16; i++) schedule[i] = view.getUint32(i * 4);
  extend(schedule);
  mix(hash, schedule);
};
var mix = (hash, schedule) => {
  let [a, b, c, d, e, f, g, h] = hash;
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const temp1 = h + s1 + (e & f ^ ~e & g) + at(K, i) + at(schedule, i) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const temp2 = s0 + (a & b ^ a & c ^ b & c) | 0;
    h = g;
    g = f;
    f = e;
    e = d + temp1 | 0;
    d = c;
    c = b;
    b = a;
    a = temp1 + temp2 | 0;
  }
  const mixed = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) hash[i] = at(hash, i) + mixed[i];
};

// core/service/policy-hash.ts
var policyHash = (manifest2) => sha256(canonicalJson(manifest2.spec));

// core/events/decided.ts
var affinities = ["s1", "s2", "cluster"];

// core/service/defaults.ts
var scaleUp = {
  // HPA grows without a window: a burst must not wait.
  stabilizationWindowSeconds: 0,
  cooldownSeconds: 180,
  tolerance: 0.1,
  damping: 1,
  // HPA's doubling, over a minute instead of 15 s because an instance is a node or more. The larger of the two counts.
  policies: [
    { type: "Percent", value: 100, periodSeconds: 60 },
    { type: "Instances", value: 4, periodSeconds: 60 }
  ]
};
var scaleDown = {
  // HPA's five minutes.
  stabilizationWindowSeconds: 300,
  cooldownSeconds: 300,
  // Wider than scale-up, so that no load satisfies both.
  tolerance: 0.15,
  damping: 0.5,
  policies: [
    { type: "Percent", value: 20, periodSeconds: 60 },
    { type: "Instances", value: 2, periodSeconds: 60 }
  ]
};
var latencyTiers = [
  { atSloRatio: 1, stepPercent: 10 },
  { atSloRatio: 1.2, stepPercent: 20 }
];
var defaults = {
  priority: 0,
  ratioTolerance: 0.2,
  affinity: "s2",
  proportional: { signal: "decodeTps", windowSeconds: 60 },
  latencyGuard: { windowSeconds: 120, tiers: latencyTiers },
  behavior: { scaleUp, scaleDown },
  // Three scrapes of 10 s may fail before a signal is stale; one instance in ten may be silent.
  evidence: { staleAfterSeconds: 30, minCoverage: 0.9 },
  warmupSeconds: 120,
  // Loading 70B weights takes minutes; an intent that found no capacity in five minutes rests on old evidence.
  rollout: { readyDeadlineSeconds: 600, intentTtlSeconds: 300, failureBackoffSeconds: 120 }
};

// core/ratio-band.ts
var inBand = (counts, band, groups = 1) => {
  const { least, most } = prefillRange(counts.decode, band, groups);
  return counts.prefill >= least && counts.prefill <= most;
};
var prefillRange = (decode, band, groups = 1) => ({
  least: fixed(band.lo * decode - groups * Math.max(1, band.lo)),
  most: fixed(band.hi * decode + groups * Math.max(1, band.hi))
});

// core/service/specification.ts
var apiVersion = "heteroscale.io/v1alpha1";
var manifestKind = "DisaggregatedService";
var MOST_INSTANCES = 1e5;
var ratioBandOf = (spec2) => {
  const ratio2 = spec2.ratio.prefill / spec2.ratio.decode;
  return { lo: fixed(ratio2 * (1 - spec2.ratio.tolerance)), hi: fixed(ratio2 * (1 + spec2.ratio.tolerance)) };
};
var minimumOf = (spec2) => ({
  prefill: spec2.roles.prefill.minReplicas,
  decode: spec2.roles.decode.minReplicas
});
var maximumOf = (spec2) => ({
  prefill: spec2.roles.prefill.maxReplicas,
  decode: spec2.roles.decode.maxReplicas
});

// core/service/feasible-pair.ts
var feasiblePair = (spec2) => {
  const { prefill, decode } = spec2.roles;
  const band = ratioBandOf(spec2);
  for (let count = decode.minReplicas; count <= decode.maxReplicas; count++) {
    const { least, most } = prefillRange(count, band);
    const smallest = Math.max(prefill.minReplicas, Math.ceil(least));
    if (smallest <= Math.min(prefill.maxReplicas, most)) return { prefill: smallest, decode: count };
  }
  return null;
};

// core/service/nearest-word.ts
var nearestWord = (word, allowed) => {
  if (word.length > 64) return null;
  const ranked = allowed.map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate.toLowerCase()) })).filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(candidate.length / 3))).sort((a, b) => a.edits - b.edits);
  return ranked[0]?.candidate ?? null;
};
var editDistance = (from, to) => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) row = nextRow(row, { to, char: from[i - 1], edits: i });
  return row[to.length];
};
var nextRow = (above, at2) => {
  const row = [at2.edits];
  for (let j = 1; j <= at2.to.length; j++) {
    const replaced = above[j - 1] + (at2.to[j - 1] === at2.char ? 0 : 1);
    row.push(Math.min(replaced, above[j] + 1, row[j - 1] + 1));
  }
  return row;
};

// core/service/read-value.ts
var below = (at2, key) => ({ faults: at2.faults, path: at2.path === "" ? key : `${at2.path}.${key}` });
var refuse = (at2, fault) => {
  at2.faults.push({ path: at2.path, hint: "", ...fault });
};
var refuseMissing = (input, at2, allowed) => refuse(at2, {
  code: "E_SPEC_REQUIRED",
  got: showValue(input),
  allowed,
  ...input === null ? { hint: "blank is not a default; remove the key to get the default, if it has one" } : {}
});
var isMissing = (input) => input === void 0 || input === null;
var orElse = (reader, fallback) => (input, at2) => input === void 0 ? fallback : reader(input, at2);
var checked = (reader, rule) => (input, at2) => {
  const value = reader(input, at2);
  if (value !== void 0) rule(value, at2);
  return value;
};
var record = (fields, reserved = []) => (input, at2) => {
  const given = input === void 0 ? {} : input;
  if (typeof given !== "object" || given === null || Array.isArray(given)) return refuseNoMap(input, at2, Object.keys(fields));
  const source = given;
  refuseUnknownKeys(source, at2, { known: Object.keys(fields), reserved });
  return readFields(fields, source, at2);
};
var readFields = (fields, source, at2) => {
  const entries = Object.entries(fields).map(
    ([key, reader]) => [key, reader(Object.hasOwn(source, key) ? source[key] : void 0, below(at2, key))]
  );
  return entries.some(([, value]) => value === void 0) ? void 0 : Object.fromEntries(entries);
};
var refuseNoMap = (input, at2, keys) => input === null ? refuseMissing(input, at2, `a map with ${keys.join(", ")}`) : refuse(at2, { code: "E_SPEC_TYPE", got: showValue(input), allowed: `a map with ${keys.join(", ")}` });
var refuseUnknownKeys = (source, at2, words) => {
  for (const key of Object.keys(source)) {
    if (words.known.includes(key)) continue;
    const near = nearestWord(key, words.known);
    const reserved = words.reserved.includes(key) ? "reserved for a later version" : "";
    const hint = near === null ? reserved : `did you mean ${near}?`;
    refuse(below(at2, key), { code: "E_SPEC_UNKNOWN_KEY", got: showValue(key), allowed: words.known.join(", "), hint });
  }
};
var whole = (bounds) => (input, at2) => {
  const allowed = `a whole number ${bounds.least} to ${bounds.most}`;
  const value = numberOf(input, at2, { allowed, code: "E_SPEC_INT" });
  if (value === void 0) return void 0;
  if (!Number.isInteger(value)) return refuse(at2, { code: "E_SPEC_INT", got: showValue(input), allowed });
  return inside(value, at2, { bounds, allowed });
};
var number = (bounds) => (input, at2) => {
  const allowed = bounds.above ? `a number above ${bounds.least} up to ${bounds.most}` : `a number ${bounds.least} to ${bounds.most}`;
  const value = numberOf(input, at2, { allowed, code: "E_SPEC_NUMBER" });
  if (value === void 0) return void 0;
  if (bounds.above && value === bounds.least) return refuse(at2, { code: "E_SPEC_RANGE", got: showValue(input), allowed });
  return inside(value, at2, { bounds, allowed });
};
var seconds = (bounds) => (input, at2) => {
  const allowed = `whole seconds ${bounds.least} to ${bounds.most}`;
  if (typeof input === "string") {
    const inSeconds = secondsOf(input);
    const hint = inSeconds === null ? "" : `write ${inSeconds}`;
    return refuse(at2, { code: "E_SPEC_DURATION", got: showValue(input), allowed, hint });
  }
  return whole(bounds)(input, at2);
};
var secondsOf = (text) => {
  const match = /^(\d{1,6}) ?(s|m|h)$/.exec(text);
  return match === null ? null : Number(match[1]) * ({ s: 1, m: 60, h: 3600 }[match[2]] ?? 1);
};
var numberOf = (input, at2, kind) => {
  if (isMissing(input)) return refuseMissing(input, at2, kind.allowed);
  if (typeof input !== "number") return refuse(at2, { code: kind.code, got: showValue(input), allowed: kind.allowed });
  if (!Number.isFinite(input)) return refuse(at2, { code: "E_SPEC_NOT_FINITE", got: showValue(input), allowed: kind.allowed });
  return input;
};
var inside = (value, at2, rule) => value < rule.bounds.least || value > rule.bounds.most ? refuse(at2, { code: "E_SPEC_RANGE", got: showValue(value), allowed: rule.allowed }) : value;
var oneOf = (words) => (input, at2) => {
  const allowed = words.join(" | ");
  if (isMissing(input)) return refuseMissing(input, at2, allowed);
  const word = words.find((candidate) => candidate === input);
  if (word !== void 0) return word;
  const near = typeof input === "string" ? nearestWord(input, words) : null;
  return refuse(at2, { code: "E_SPEC_CHOICE", got: showValue(input), allowed, ...near === null ? {} : { hint: `did you mean ${near}?` } });
};
var matching = (pattern, allowed) => (input, at2) => {
  if (isMissing(input)) return refuseMissing(input, at2, allowed);
  if (typeof input !== "string") return refuse(at2, { code: "E_SPEC_TYPE", got: showValue(input), allowed });
  return pattern.test(input) ? input : refuse(at2, { code: "E_SPEC_NAME", got: showValue(input), allowed });
};
var listOf = (item, size) => (input, at2) => {
  const allowed = `a list of ${size.least} to ${size.most}`;
  if (isMissing(input)) return refuseMissing(input, at2, allowed);
  if (!Array.isArray(input)) return refuse(at2, { code: "E_SPEC_TYPE", got: showValue(input), allowed });
  if (input.length < size.least || input.length > size.most)
    return refuse(at2, { code: "E_SPEC_RANGE", got: showValue(input), allowed });
  const items = input.map((one, index) => item(one, { faults: at2.faults, path: `${at2.path}[${index}]` }));
  return items.some((one) => one === void 0) ? void 0 : items;
};

// core/service/validate.ts
var validateManifest = (input) => {
  const faults = [];
  const read = manifest(input, { path: "", faults });
  if (read === void 0 || faults.length > 0) return { ok: false, faults };
  return { ok: true, manifest: { apiVersion: read.apiVersion, kind: read.kind, metadata: read.metadata, spec: read.spec } };
};
var dnsLabel = matching(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "lower-case letters, digits and inner hyphens, at most 63 (DNS-1123 label)"
);
var gpuType = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "a GPU type as nodes are labelled, such as H100");
var DAY = 86400;
var HOUR = 3600;
var isOrdered = (value) => value.minReplicas <= value.maxReplicas;
var ordered = (value, at2) => {
  if (isOrdered(value)) return;
  refuse(at2, { code: "E_SPEC_RANGE", got: `minReplicas ${value.minReplicas} > maxReplicas ${value.maxReplicas}`, allowed: "minReplicas ≤ maxReplicas" });
};
var distinct = (values, at2) => {
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== void 0) refuse(at2, { code: "E_SPEC_REPEATED", got: `${repeated} twice`, allowed: "each GPU type once, preferred first" });
};
var role = checked(
  record({
    // A service without instances gives no signal to grow from; scaling to zero is not part of v1alpha1.
    minReplicas: whole({ least: 1, most: MOST_INSTANCES }),
    maxReplicas: whole({ least: 1, most: MOST_INSTANCES }),
    gpusPerInstance: whole({ least: 1, most: 1024 }),
    gpuTypes: checked(listOf(gpuType, { least: 1, most: 16 }), distinct)
  }),
  ordered
);
var ratioFields = record({
  prefill: whole({ least: 1, most: 1e3 }),
  decode: whole({ least: 1, most: 1e3 }),
  tolerance: orElse(number({ least: 0, most: 0.9 }), defaults.ratioTolerance)
});
var ratio = (input, at2) => {
  if (typeof input !== "string" && typeof input !== "number") return ratioFields(input, at2);
  const [, prefill = "P", decode = "D"] = /^(\d+):(\d+)$/.exec(String(input)) ?? [];
  return refuse(at2, {
    code: "E_SPEC_RATIO",
    got: typeof input === "string" ? JSON.stringify(input.slice(0, 20)) : String(input),
    allowed: "a map with prefill, decode, tolerance",
    hint: `write {prefill: ${prefill}, decode: ${decode}}`
  });
};
var ratePolicy = record({
  type: oneOf(["Instances", "Percent"]),
  value: whole({ least: 1, most: MOST_INSTANCES }),
  periodSeconds: seconds({ least: 1, most: HOUR })
});
var scalingRules = (fallback) => record({
  stabilizationWindowSeconds: orElse(seconds({ least: 0, most: HOUR }), fallback.stabilizationWindowSeconds),
  cooldownSeconds: orElse(seconds({ least: 0, most: DAY }), fallback.cooldownSeconds),
  tolerance: orElse(number({ least: 0, most: 0.9 }), fallback.tolerance),
  damping: orElse(number({ least: 0, most: 1, above: true }), fallback.damping),
  policies: orElse(listOf(ratePolicy, { least: 1, most: 8 }), fallback.policies)
});
var proportional = record({
  signal: orElse(oneOf(["decodeTps", "prefillTps"]), defaults.proportional.signal),
  // No instance serves less than a token a second; a smaller number is a slip of the unit.
  targetPerInstance: number({ least: 1, most: 1e9 }),
  windowSeconds: orElse(seconds({ least: 1, most: HOUR }), defaults.proportional.windowSeconds)
});
var ascending = (tiers, at2) => {
  const wrong = tiers.findIndex((tier, index) => index > 0 && !climbs(tiers[index - 1], tier));
  if (wrong === -1) return;
  const show = (tier) => `${tier?.atSloRatio}×SLO +${tier?.stepPercent} %`;
  refuse({ ...at2, path: `${at2.path}[${wrong}]` }, {
    code: "E_SPEC_ORDER",
    got: `${show(tiers[wrong])} after ${show(tiers[wrong - 1])}`,
    allowed: "tiers with rising atSloRatio and no smaller step"
  });
};
var climbs = (lower, upper) => upper.atSloRatio > lower.atSloRatio && upper.stepPercent >= lower.stepPercent;
var latencyTier = record({
  atSloRatio: number({ least: 0, most: 100, above: true }),
  stepPercent: whole({ least: 1, most: 1e3 })
});
var latencyGuard = record({
  windowSeconds: orElse(seconds({ least: 1, most: HOUR }), defaults.latencyGuard.windowSeconds),
  tiers: orElse(checked(listOf(latencyTier, { least: 1, most: 8 }), ascending), defaults.latencyGuard.tiers)
});
var feasible = (spec2, at2) => {
  const { prefill, decode } = spec2.roles;
  if (!isOrdered(prefill) || !isOrdered(decode) || feasiblePair(spec2) !== null) return;
  refuse({ ...at2, path: `${at2.path}.ratio` }, {
    code: "E_SPEC_RATIO",
    got: `${spec2.ratio.prefill}:${spec2.ratio.decode} ± ${spec2.ratio.tolerance}`,
    allowed: `a ratio that some pair inside the bounds has (prefill ${prefill.minReplicas} to ${prefill.maxReplicas}, decode ${decode.minReplicas} to ${decode.maxReplicas})`,
    hint: "change the bounds, the ratio or its tolerance"
  });
};
var spec = checked(
  record({
    cell: dnsLabel,
    priority: orElse(whole({ least: -1e3, most: 1e3 }), defaults.priority),
    roles: record(
      Object.fromEntries(roles.map((name) => [name, role])),
      ["attention", "ffn", "mixed"]
    ),
    ratio,
    network: record({ affinity: orElse(oneOf(affinities), defaults.affinity) }),
    slo: record({
      ttftMsP95: number({ least: 0, most: 6e5, above: true }),
      tbtMsP95: number({ least: 0, most: 6e5, above: true })
    }),
    policies: record({ proportional, latencyGuard }),
    behavior: record({
      scaleUp: scalingRules(defaults.behavior.scaleUp),
      scaleDown: scalingRules(defaults.behavior.scaleDown)
    }),
    evidence: record({
      staleAfterSeconds: orElse(seconds({ least: 1, most: HOUR }), defaults.evidence.staleAfterSeconds),
      minCoverage: orElse(number({ least: 0, most: 1, above: true }), defaults.evidence.minCoverage)
    }),
    warmupSeconds: orElse(seconds({ least: 0, most: HOUR }), defaults.warmupSeconds),
    rollout: record({
      readyDeadlineSeconds: orElse(seconds({ least: 1, most: DAY }), defaults.rollout.readyDeadlineSeconds),
      intentTtlSeconds: orElse(seconds({ least: 1, most: DAY }), defaults.rollout.intentTtlSeconds),
      failureBackoffSeconds: orElse(seconds({ least: 0, most: DAY }), defaults.rollout.failureBackoffSeconds)
    })
  }),
  feasible
);
var manifest = record({
  apiVersion: oneOf([apiVersion]),
  kind: oneOf([manifestKind]),
  metadata: record({ name: dnsLabel }),
  spec,
  status: () => null
});

// core/scaling/memory.ts
var noMemory = {
  lastOutMs: null,
  lastInMs: null,
  failedAtMs: null,
  grownAtMs: null,
  changes: [],
  peaks: { prefill: [], decode: [] },
  troughs: { prefill: [], decode: [] }
};
var maxChanges = 64;
var rememberChange = (memory, change) => {
  const grows = change.to.prefill > change.from.prefill || change.to.decode > change.from.decode;
  return {
    ...memory,
    ...grows ? { lastOutMs: change.atMs } : { lastInMs: change.atMs },
    changes: [...memory.changes, change].slice(-maxChanges)
  };
};
var rememberRecommendation = (memory, recommended2, windows) => {
  const { atMs, counts } = recommended2;
  const peak = (marks, count) => [...marks.filter((mark) => mark.count > count && mark.atMs > atMs - windows.down), { atMs, count }];
  const trough = (marks, count) => [...marks.filter((mark) => mark.count < count && mark.atMs > atMs - windows.up), { atMs, count }];
  return {
    ...memory,
    peaks: { prefill: peak(memory.peaks.prefill, counts.prefill), decode: peak(memory.peaks.decode, counts.decode) },
    troughs: { prefill: trough(memory.troughs.prefill, counts.prefill), decode: trough(memory.troughs.decode, counts.decode) }
  };
};

// core/scaling/service-state.ts
var newService = (identity) => ({
  ...identity,
  refusal: "",
  unannounced: true,
  managedSinceMs: null,
  lastInputOffset: -1,
  hasNewInput: true,
  recheckAtMs: null,
  controls: null,
  stoppedAtMs: null,
  signals: noSamples,
  heartbeats: [],
  instances: [],
  settled: null,
  settledSinceMs: -1,
  doubtedSinceMs: null,
  openIntents: [],
  stuckGroups: [],
  lastSequence: 0,
  memory: noMemory,
  holdReason: "",
  holds: 0,
  holdsHash: "",
  decisionHash: "",
  conditions: []
});

// core/scaling/configure.ts
var configure = (state, event, { announce: announce2 }) => {
  if (state && event.generation <= state.generation) return { state, emitted: [] };
  const read = readManifest(event, state);
  if ("refusal" in read) return refuse2(state, event, { refusal: read.refusal, announce: announce2 });
  const inForce = { service: event.service, generation: event.generation, manifest: read.manifest, policyHash: policyHash(read.manifest) };
  const next = { ...state ?? newService(inForce), ...inForce, refusal: "", unannounced: !announce2 };
  return { state: next, emitted: [accepted(next, event.time)] };
};
var refuse2 = (state, event, { refusal, announce: announce2 }) => {
  if (!state) return { state: null, emitted: [refusedOutright(event, refusal)] };
  const next = { ...state, generation: event.generation, refusal, unannounced: !announce2 };
  return { state: next, emitted: [accepted(next, event.time)] };
};
var accepted = (state, time) => ({
  topic: "services",
  key: state.service,
  event: {
    type: "ServiceAccepted",
    service: state.service,
    generation: state.generation,
    accepted: state.refusal === "",
    message: state.refusal,
    manifest: canonicalJson(state.manifest),
    policyHash: state.policyHash,
    conditions: state.conditions,
    time
  }
});
var refusedOutright = ({ service, generation, time }, message) => ({
  topic: "services",
  key: service,
  event: { type: "ServiceAccepted", service, generation, accepted: false, message, manifest: "", policyHash: "", conditions: [], time }
});
var readManifest = (event, state) => {
  const json = parse(event.manifest);
  if (json === void 0) return { refusal: "E_SPEC_SYNTAX manifest: not JSON; a service manifest in JSON is allowed" };
  const read = validateManifest(json);
  if (!read.ok) return { refusal: read.faults.map(showFault).join("; ") };
  const { name } = read.manifest.metadata;
  if (name === event.service) return unlessImmutable(state, read.manifest);
  return { refusal: `E_SPEC_NAME metadata.name: ${name}; the record's key ${event.service} is allowed` };
};
var unlessImmutable = (state, manifest2) => {
  const faults = state ? immutableFaults(state.manifest, manifest2) : [];
  return faults.length === 0 ? { manifest: manifest2 } : { refusal: faults.map(showFault).join("; ") };
};
var parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return void 0;
  }
};

// core/signals/latency-evidence.ts
var risingFloorOfSlo = 0.5;
var latencyEvidence = (history, sight, latency) => {
  const { role: role2, series } = speaking(history[latency.signal], latency.signal);
  const fresh = series.filter((one) => isFreshSeries(one, sight));
  const window = { endMs: sight.horizonMs, lengthMs: latency.windowMs };
  const values = fresh.map((one) => recentValue(one, window) ?? 0);
  return {
    signal: latency.signal,
    state: latencyState(series, fresh, sight),
    value: values.length === 0 ? null : Math.max(...values),
    ageMs: newestAge(series, sight),
    coverage: coverageOf(series, sight, { role: role2, window }),
    rising: fresh.some((one) => isRising(one, window, latency.slo * risingFloorOfSlo))
  };
};
var speaking = (series, signal) => {
  const natural = signal === "ttftMsP95" ? "prefill" : "decode";
  const other = natural === "prefill" ? "decode" : "prefill";
  const of = (role3) => series.filter((one) => one.role === role3);
  const role2 = of(natural).some(saysAnything) || !of(other).some(saysAnything) ? natural : other;
  return { role: role2, series: of(role2) };
};
var saysAnything = (series) => series.samples.some((sample) => sample.value !== null || isIdleSample(sample));
var latencyState = (series, fresh, sight) => {
  if (series.length === 0) return "missing";
  if (fresh.length > 0) return "fresh";
  if (series.every((one) => isIdleNow(one, sight))) return "idle";
  return newestAge(series, sight) === null ? "failed" : "stale";
};
var isIdleNow = (series, sight) => {
  const newest = series.samples.at(-1);
  return newest !== void 0 && isIdleSample(newest) && sight.nowMs - newest.endMs <= sight.staleAfterMs;
};

// core/group-by.ts
var groupBy = (items, keyOf) => {
  const groups = /* @__PURE__ */ new Map();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === void 0) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};

// core/signals/one-source.ts
var subClusterOf = (source) => source.slice(source.indexOf("/") + 1);
var wholeService = "*";
var onePerSubCluster = (history) => Object.fromEntries(signalNames.map((signal) => [signal, freshestOfEach(history[signal])]));
var freshestOfEach = (series) => {
  const rivals = groupBy(series, ({ source, role: role2 }) => `${role2} ${subClusterOf(source)}`);
  const freshest = [...rivals.values()].map((all) => all.reduce(fresher));
  const chosen = new Set([...groupBy(freshest, ({ role: role2 }) => role2).values()].flatMap(partsOrWhole));
  return series.filter((one) => chosen.has(one));
};
var partsLeadMs = 1e4;
var partsOrWhole = (series) => {
  const whole2 = series.find(({ source }) => subClusterOf(source) === wholeService);
  if (whole2 === void 0) return series;
  const parts = series.filter((one) => one !== whole2);
  const lastOfParts = Math.max(-1, ...parts.map((one) => lastEnd(one, saysSomething)));
  return lastOfParts >= 0 && lastOfParts >= lastEnd(whole2, saysSomething) - partsLeadMs ? parts : [whole2];
};
var fresher = (a, b) => {
  const lead = lastEnd(b, saysSomething) - lastEnd(a, saysSomething);
  if (lead !== 0) return lead > 0 ? b : a;
  return lastEnd(b, () => true) > lastEnd(a, () => true) ? b : a;
};
var saysSomething = (sample) => sample.value !== null || isIdleSample(sample);
var lastEnd = (series, test) => series.samples.findLast(test)?.endMs ?? -1;

// core/signals/evidence.ts
var roleOfSignal = (signal) => signal === "decodeTps" ? "decode" : "prefill";
var gatherEvidence = (given) => {
  const argument = { ...given, signals: onePerSubCluster(given.signals) };
  const { signals, spec: spec2 } = argument;
  const registered = registeredCounts(argument.instances);
  const staleAfterMs = secondsToMs(spec2.evidence.staleAfterSeconds);
  const sight = { nowMs: argument.nowMs, horizonMs: argument.horizonMs, staleAfterMs, registered };
  const inside3 = {
    queues: { prefill: queueEvidence(signals, sight, "prefill"), decode: queueEvidence(signals, sight, "decode") },
    running: { prefill: runningEvidence(signals, sight, "prefill"), decode: runningEvidence(signals, sight, "decode") }
  };
  const rest = restOf(inside3, spec2.evidence.minCoverage);
  const { slo, policies } = spec2;
  const windowMs = secondsToMs(policies.latencyGuard.windowSeconds);
  return {
    demand: demandEvidence(argument, sight, rest.prefill && rest.decode),
    ttft: unlessStalled(latencyEvidence(signals, sight, { signal: "ttftMsP95", slo: slo.ttftMsP95, windowMs }), rest.prefill),
    tbt: unlessStalled(latencyEvidence(signals, sight, { signal: "tbtMsP95", slo: slo.tbtMsP95, windowMs }), rest.decode),
    ...inside3,
    instances: instanceEvidence(argument.instances, sight),
    registered
  };
};
var listEvidence = ({ demand, ttft, tbt, queues, running, instances }) => [
  demand,
  ttft,
  tbt,
  queues.prefill,
  queues.decode,
  running.prefill,
  running.decode,
  instances
];
var restOf = (inside3, minCoverage) => {
  const isQueueEmpty = isNobodyWaiting(inside3, minCoverage);
  return {
    prefill: isQueueEmpty && isNobodyServed(inside3, "prefill", minCoverage),
    decode: isQueueEmpty && isNobodyServed(inside3, "decode", minCoverage)
  };
};
var unlessStalled = (latency, isAtRest) => latency.state === "idle" && !isAtRest ? { ...latency, state: "failed" } : latency;
var demandEvidence = (argument, sight, isAtRest) => {
  const { signal, windowSeconds } = argument.spec.policies.proportional;
  const series = argument.signals[signal];
  const fresh = series.filter((one) => isFreshSeries(one, sight));
  const window = { endMs: sight.horizonMs, lengthMs: secondsToMs(windowSeconds) };
  const value = fresh.length === 0 ? null : fixed(fresh.reduce((sum, one) => sum + (recentValue(one, window) ?? 0), 0));
  return {
    signal,
    state: demandState(argument, { series, fresh, value, isAtRest, sight }),
    value,
    ageMs: newestAge(series, sight),
    coverage: coverageOf(series, sight, { role: roleOfSignal(signal), window }),
    rising: false
  };
};
var demandState = (argument, facts) => {
  if (facts.series.length === 0) return "missing";
  if (facts.value === null) return newestAge(facts.series, facts.sight) === null ? "failed" : "stale";
  if (facts.value > 0) return "fresh";
  const within = { now: facts.sight.nowMs, maxAge: facts.sight.staleAfterMs };
  const seen = facts.fresh.every((one) => isAlive(argument.heartbeats, one.source, within));
  return seen && facts.isAtRest ? "idle" : "failed";
};
var instanceEvidence = (views, sight) => {
  const ageMs = oldestViewAge(views, sight.nowMs);
  const { prefill, decode } = sight.registered;
  return {
    signal: "instances",
    state: instanceState(views, ageMs, sight),
    value: ageMs === null ? null : prefill + decode,
    ageMs,
    coverage: null,
    rising: false
  };
};
var instanceState = (views, ageMs, sight) => {
  if (ageMs === null) return "missing";
  if (views.some((view) => !view.newestComplete)) return "failed";
  return ageMs > sight.staleAfterMs ? "stale" : "fresh";
};

// core/scaling/counts.ts
var eachRole = (compute) => ({
  prefill: compute("prefill"),
  decode: compute("decode")
});
var maxCounts = (a, b) => eachRole((role2) => Math.max(a[role2], b[role2]));
var minCounts = (a, b) => eachRole((role2) => Math.min(a[role2], b[role2]));
var plausible = (counts) => minCounts(counts, { prefill: MOST_INSTANCES, decode: MOST_INSTANCES });
var isWithin2 = (counts, most) => counts.prefill <= most.prefill && counts.decode <= most.decode;

// core/scaling/bounds.ts
var boundsAsk = ({ current, spec: spec2, evidence }) => {
  const minimum = minimumOf(spec2);
  const maximum = maximumOf(spec2);
  const text = `${showCounts(current)} between ${showCounts(minimum)} and ${showCounts(maximum)}`;
  if (evidence.instances.state !== "fresh")
    return { policy: "bounds", direction: "hold", target: current, reason: `instances are ${evidence.instances.state}` };
  if (!isWithin2(minimum, current))
    return { policy: "bounds", direction: "out", target: maxCounts(current, minimum), reason: `not ${text}` };
  if (!isWithin2(current, maximum))
    return { policy: "bounds", direction: "in", target: minCounts(current, maximum), reason: `not ${text}` };
  return { policy: "bounds", direction: "hold", target: current, reason: text };
};

// core/scaling/latency-guard.ts
var guarded = [
  { role: "prefill", evidence: "ttft", slo: "ttftMsP95" },
  { role: "decode", evidence: "tbt", slo: "tbtMsP95" }
];
var breaches = ({ evidence, spec: spec2 }) => guarded.flatMap((guard) => {
  const latency = evidence[guard.evidence];
  const ratio2 = sloRatio(latency, spec2.slo[guard.slo]);
  const tier = spec2.policies.latencyGuard.tiers.findLast(({ atSloRatio }) => ratio2 !== null && ratio2 >= atSloRatio);
  if (!tier) return [];
  const text = `${latency.signal} ${showNumber(latency.value)} is ${showNumber(ratio2)} times its SLO of ${spec2.slo[guard.slo]}`;
  return [{ role: guard.role, stepPercent: tier.stepPercent, text }];
});
var sloRatio = (latency, slo) => latency.state === "fresh" && latency.value !== null ? fixed(latency.value / slo) : null;
var latencyGuardAsk = (situation) => {
  const broken = breaches(situation);
  const reason = broken.length === 0 ? "TTFT and TBT are below every tier" : broken.map(({ text }) => text).join(", ");
  if (broken.length === 0 || restsUntil(situation) !== null)
    return { policy: "latency-guard", direction: "hold", target: situation.current, reason };
  return { policy: "latency-guard", direction: "out", target: broken.reduce(step, situation.current), reason };
};
var step = (counts, { role: role2, stepPercent }) => ({
  ...counts,
  [role2]: counts[role2] + Math.max(1, Math.ceil(fixed(counts[role2] * stepPercent / 100)))
});
var restsUntil = ({ nowMs, memory, ordersUnderWay, spec: spec2 }) => {
  if (ordersUnderWay.some(({ kind }) => kind !== "scale-in")) return Infinity;
  const until = (memory.grownAtMs ?? -Infinity) + secondsToMs(spec2.policies.latencyGuard.windowSeconds);
  return until > nowMs ? until : null;
};
var guardResting = (situation) => {
  const [first] = breaches(situation);
  const until = restsUntil(situation);
  if (!first || until === null) return null;
  return hold("GUARD_RESTING", `${first.text}; the last growth does not show in it yet`, Number.isFinite(until) ? until : null);
};
var nearSlo = 0.9;
var latencyVeto = (situation) => {
  const [broken] = breaches(situation);
  if (broken) return hold("LATENCY_VETO", broken.text);
  return queueVeto(situation) ?? risingVeto(situation) ?? nearSloVeto(situation);
};
var risingVeto = ({ evidence }) => {
  const rising = [evidence.ttft, evidence.tbt, evidence.queues.prefill, evidence.queues.decode].find((one) => one.rising);
  return rising ? hold("RISING_VETO", `${rising.signal} rises, now ${showNumber(rising.value)}`) : null;
};
var queueVeto = ({ evidence }) => {
  const role2 = ["prefill", "decode"].find((one) => {
    const { state, value } = evidence.queues[one];
    return state === "fresh" && value !== null && value > 0 && value >= evidence.registered[one];
  });
  if (!role2) return null;
  return hold("QUEUE_VETO", `${showNumber(evidence.queues[role2].value)} requests wait at ${evidence.registered[role2]} ${role2} instances`);
};
var nearSloVeto = ({ evidence, spec: spec2 }) => {
  const near = guarded.find((guard) => (sloRatio(evidence[guard.evidence], spec2.slo[guard.slo]) ?? 0) >= nearSlo);
  if (!near) return null;
  const { signal, value } = evidence[near.evidence];
  return hold("CONSOLIDATION", `${signal} ${showNumber(value)} is within 10 % of its SLO ${spec2.slo[near.slo]}`);
};

// core/scaling/evidence-veto.ts
var evidenceVeto = (situation) => missingEvidence(situation) ?? latencyVeto(situation);
var missingEvidence = ({ evidence, spec: spec2 }) => {
  const required = [evidence.demand, evidence.ttft, evidence.tbt, evidence.instances];
  const doubtful = required.find(({ state }) => state !== "fresh" && state !== "idle");
  if (doubtful) return unusable(doubtful);
  const thin2 = required.find(({ coverage }) => coverage !== null && coverage < spec2.evidence.minCoverage);
  if (!thin2) return null;
  return hold("COVERAGE_LOW", `${thin2.signal} covers ${showNumber(thin2.coverage)} of its instances; ${spec2.evidence.minCoverage} is required`);
};
var reasonOfState = {
  missing: "EVIDENCE_MISSING",
  stale: "EVIDENCE_STALE",
  failed: "EVIDENCE_FAILED",
  fresh: "EVIDENCE_FAILED",
  idle: "EVIDENCE_FAILED"
};
var unusable = ({ signal, state, ageMs, value }) => {
  const age = ageMs === null ? "never observed" : `last observed ${Math.round(ageMs / 1e3)} s ago`;
  const detail = value === 0 ? `${signal} is 0 without proof that nothing is asked` : `${signal} is ${state}, ${age}`;
  return hold(reasonOfState[state], detail);
};

// core/scaling/limits.ts
var applyLimit = ({ counts, limits }, { limit, after, detail }) => sameCounts(counts, after) ? { counts, limits } : { counts: after, limits: [...limits, { limit, before: counts, after, detail }] };

// core/scaling/ratio.ts
var ratioRuleOf = ({ spec: spec2, band, groups }) => ({ ratio: spec2.ratio, band, groups });
var nearestPair = (ask, box, rule) => {
  let best = null;
  for (let decode = box.least.decode; decode <= box.most.decode; decode++) {
    const prefill = nearestPrefill(ask.prefill, decode, { box, rule });
    if (prefill === null) continue;
    const candidate = rate({ prefill, decode }, ask, rule);
    if (best === null || isBetter(candidate, best)) best = candidate;
  }
  return best?.counts ?? null;
};
var nearestPrefill = (ask, decode, { box, rule }) => {
  const range = prefillRange(decode, rule.band, rule.groups);
  const least = Math.max(box.least.prefill, Math.ceil(range.least));
  const most = Math.min(box.most.prefill, Math.floor(range.most));
  return least > most ? null : Math.min(most, Math.max(least, ask));
};
var rate = (counts, ask, { ratio: ratio2 }) => {
  const prefill = (counts.prefill - ask.prefill) * ratio2.decode;
  const decode = (counts.decode - ask.decode) * ratio2.prefill;
  return {
    counts,
    distance: Math.abs(prefill) + Math.abs(decode),
    shortfall: Math.max(0, -prefill) + Math.max(0, -decode)
  };
};
var isBetter = (a, b) => {
  if (a.distance !== b.distance) return a.distance < b.distance;
  if (a.shortfall !== b.shortfall) return a.shortfall < b.shortfall;
  return a.counts.prefill + a.counts.decode < b.counts.prefill + b.counts.decode;
};
var showBand = ({ band, groups }) => `P/D between ${band.lo} and ${band.hi} over ${groups} group${groups === 1 ? "" : "s"}`;
var isRatioSatisfied = ({ current, band, groups }) => inBand(current, band, groups);
var ratioAsk = (situation) => {
  const { current, evidence } = situation;
  const text = `${showCounts(current)} has ${showBand(situation)}`;
  if (isRatioSatisfied(situation)) return { policy: "ratio", direction: "hold", target: current, reason: text };
  if (evidence.instances.state !== "fresh")
    return { policy: "ratio", direction: "hold", target: current, reason: `not ${text}; instances are ${evidence.instances.state}` };
  return { policy: "ratio", direction: "out", target: repaired(situation), reason: `not ${text}` };
};
var repaired = ({ current, band, groups }) => {
  const { least } = prefillRange(current.decode, band, groups);
  if (current.prefill < least) return { ...current, prefill: Math.ceil(least) };
  const slack = groups * Math.max(1, band.hi);
  return { ...current, decode: Math.ceil(fixed((current.prefill - slack) / band.hi)) };
};

// core/scaling/rate.ts
var rateCeiling = (situation) => eachRole((role2) => situation.current[role2] + allowance(situation, situation.spec.behavior.scaleUp.policies, { role: role2, sign: 1 }));
var rateFloor = (situation) => eachRole((role2) => situation.current[role2] - allowance(situation, situation.spec.behavior.scaleDown.policies, { role: role2, sign: -1 }));
var rateRecheckAt = ({ nowMs }) => nowMs + 1e3;
var allowance = (situation, policies, direction) => Math.max(0, ...policies.map((policy) => leftOf(situation, policy, direction)));
var leftOf = ({ nowMs, current, memory }, policy, { role: role2, sign }) => {
  const recent = memory.changes.filter((change) => change.atMs > nowMs - secondsToMs(policy.periodSeconds));
  const grown2 = recent.reduce((sum, change) => sum + Math.max(0, moved(change, role2)), 0);
  const removed = recent.reduce((sum, change) => sum + Math.max(0, -moved(change, role2)), 0);
  const atStart = Math.max(0, current[role2] - grown2 + removed);
  return limitOf(policy, atStart, sign) - (sign === 1 ? grown2 : removed);
};
var moved = (change, role2) => change.to[role2] - change.from[role2];
var limitOf = (policy, atStart, sign) => {
  if (policy.type === "Instances") return policy.value;
  const share = fixed(atStart * policy.value / 100);
  return sign === 1 ? Math.ceil(share) : Math.max(1, Math.floor(share));
};

// core/scaling/restraint.ts
var failureBackoff = ({ nowMs, memory, spec: spec2 }) => unlessElapsed(nowMs, "FAILURE_BACKOFF", {
  sinceMs: memory.failedAtMs,
  lengthMs: secondsToMs(spec2.rollout.failureBackoffSeconds),
  what: "the last rollout was refused, undone or stuck"
});
var cooldownOut = ({ nowMs, memory, spec: spec2 }) => unlessElapsed(nowMs, "COOLDOWN_OUT", {
  sinceMs: memory.lastOutMs,
  lengthMs: secondsToMs(spec2.behavior.scaleUp.cooldownSeconds),
  what: "the last scale-out was ordered"
});
var cooldownIn = ({ nowMs, memory, spec: spec2 }) => unlessElapsed(nowMs, "COOLDOWN_IN", {
  sinceMs: latest(memory.lastInMs, memory.lastOutMs),
  lengthMs: secondsToMs(spec2.behavior.scaleDown.cooldownSeconds),
  what: "the last order was given"
});
var restByHandMs = 1e4;
var restByHand = ({ nowMs, memory }, reason) => unlessElapsed(nowMs, reason, {
  sinceMs: latest(memory.lastInMs, memory.lastOutMs),
  lengthMs: restByHandMs,
  what: "the last order was given"
});
var warmUp = ({ nowMs, ownerSinceMs, spec: spec2 }) => unlessElapsed(nowMs, "WARMING_UP", {
  sinceMs: ownerSinceMs,
  lengthMs: secondsToMs(Math.max(spec2.warmupSeconds, spec2.behavior.scaleDown.stabilizationWindowSeconds)),
  what: "the partition changed its owner"
});
var openRollout = ({ ordersUnderWay }) => {
  const newest = ordersUnderWay.at(-1);
  if (!newest) return null;
  return hold("ROLLOUT_OPEN", `intent ${newest.sequence} to ${showCounts(newest.target)} is on its way`);
};
var maxOrdersUnderWay = 8;
var tooManyOrders = ({ ordersUnderWay }) => ordersUnderWay.length < maxOrdersUnderWay ? null : hold("ROLLOUT_OPEN", `${ordersUnderWay.length} intents are on their way, at most ${maxOrdersUnderWay} may be`);
var unlessElapsed = (nowMs, reason, { sinceMs, lengthMs, what }) => {
  if (sinceMs === null || nowMs - sinceMs >= lengthMs) return null;
  return hold(reason, `${what} ${seconds2(nowMs - sinceMs)} ago; it rests ${seconds2(lengthMs)}`, sinceMs + lengthMs);
};
var seconds2 = (ms) => `${Math.round(ms / 1e3)} s`;
var latest = (a, b) => a === null || b === null ? a ?? b : Math.max(a, b);

// core/scaling/stabilisation.ts
var stabilisationWindows = ({ spec: spec2 }) => ({
  up: secondsToMs(spec2.behavior.scaleUp.stabilizationWindowSeconds),
  down: secondsToMs(spec2.behavior.scaleDown.stabilizationWindowSeconds)
});
var stabilisedOut = (situation, ask) => {
  const since = situation.nowMs - stabilisationWindows(situation).up;
  return eachRole((role2) => Math.min(ask[role2], ...inside2(situation.memory.troughs[role2], since)));
};
var stabilisedIn = (situation, ask) => {
  const since = situation.nowMs - stabilisationWindows(situation).down;
  return eachRole((role2) => Math.max(ask[role2], ...inside2(situation.memory.peaks[role2], since)));
};
var stabilisedUntil = (situation, direction) => {
  const length = stabilisationWindows(situation)[direction];
  const marks = direction === "up" ? situation.memory.troughs : situation.memory.peaks;
  const since = situation.nowMs - length;
  const times = [marks.prefill, marks.decode].flatMap((role2) => role2.find((mark) => mark.atMs > since)?.atMs ?? []);
  return times.length === 0 ? null : Math.min(...times) + length;
};
var inside2 = (marks, since) => marks.flatMap((mark) => mark.atMs > since ? [mark.count] : []);

// core/scaling/grow.ts
var largestAsk = (current, asks) => asks.filter(({ direction }) => direction === "out").reduce((most, ask) => maxCounts(most, ask.target), current);
var grow = (situation, asks) => {
  const stop = failureBackoff(situation) ?? tooManyOrders(situation);
  if (stop) return { hold: stop, limits: [] };
  const urgent = largestAsk(situation.current, asks.filter(({ policy }) => policy === "bounds"));
  const cooling = cooldownOut(situation);
  if (cooling && sameCounts(urgent, situation.current)) return { hold: cooling, limits: [] };
  const wanted = cooling ? urgent : largestAsk(situation.current, asks);
  const stabilised = maxCounts(urgent, stabilisedOut(situation, wanted));
  const start = applyLimit({ counts: wanted, limits: [] }, { limit: "stabilisation", after: stabilised, detail: "smallest ask of the window" });
  return ordered2(situation, asks, bounded(situation, start, urgent));
};
var growByHand = (situation, asks) => {
  const { instances } = situation.evidence;
  const unknown = instances.state === "fresh" ? null : unusable(instances);
  const stop = unknown ?? failureBackoff(situation) ?? tooManyOrders(situation) ?? restByHand(situation, "COOLDOWN_OUT");
  if (stop) return { hold: stop, limits: [] };
  const urgent = largestAsk(situation.current, asks.filter(({ policy }) => policy === "bounds"));
  return ordered2(situation, asks, bounded(situation, { counts: largestAsk(situation.current, asks), limits: [] }, urgent));
};
var bounded = (situation, start, urgent) => {
  const { current, spec: spec2 } = situation;
  const maximum = maxCounts(current, maximumOf(spec2));
  const ceiling = maxCounts(urgent, rateCeiling(situation));
  const rated = applyLimit(start, { limit: "rate", after: minCounts(start.counts, ceiling), detail: `at most ${showCounts(ceiling)} now` });
  const detail = `at most ${showCounts(maximumOf(spec2))}`;
  const within = applyLimit(rated, { limit: "bounds", after: minCounts(rated.counts, maximum), detail });
  return { ...within, ceiling: minCounts(ceiling, maximum) };
};
var ordered2 = (situation, asks, { counts, limits, ceiling }) => {
  const { current, spec: spec2 } = situation;
  if (sameCounts(counts, current)) return { hold: stoppedBy(situation, limits), limits };
  const least = maxCounts(current, minCounts(minimumOf(spec2), ceiling));
  const pair = nearestPair(counts, { least, most: ceiling }, ratioRuleOf(situation));
  if (pair === null || !isGrowth(current, pair)) return { hold: noPair(situation, counts, ceiling), limits };
  const fitted = applyLimit({ counts, limits }, { limit: "ratio", after: pair, detail: showBand(situation) });
  return { order: { kind: kindOf(asks), to: pair, reason: reasonOf(asks) }, limits: fitted.limits };
};
var isGrowth = (from, to) => isWithin2(from, to) && !sameCounts(from, to);
var stoppedBy = (situation, limits) => {
  const last = limits.at(-1);
  const detail = last ? `${showCounts(last.before)} is wanted; ${last.detail}` : "";
  if (last?.limit === "stabilisation") return hold("STABILISING", detail, stabilisedUntil(situation, "up"));
  return last?.limit === "rate" ? hold("RATE_LIMITED", detail, rateRecheckAt(situation)) : hold("AT_BOUNDS", detail);
};
var noPair = (situation, wanted, ceiling) => {
  const range = `from ${showCounts(situation.current)} to ${showCounts(ceiling)}`;
  const detail = `${showCounts(wanted)} is wanted; no larger pair ${range} has ${showBand(situation)}`;
  return hold("NO_FEASIBLE_PAIR", detail, rateRecheckAt(situation));
};
var kindOf = (asks) => asks.every(({ direction, policy }) => direction !== "out" || policy === "ratio") ? "rebalance" : "scale-out";
var reasonOf = (asks) => asks.filter(({ direction }) => direction === "out").map(({ policy, reason }) => `${policy}: ${reason}`).join("; ");

// core/scaling/proportional.ts
var needOf = ({ evidence, spec: spec2 }) => {
  const { state, value } = evidence.demand;
  if (value === null || state !== "fresh" && state !== "idle") return null;
  const need = fixed(value / spec2.policies.proportional.targetPerInstance);
  return withRatio(spec2, need, fixed);
};
var proportionalAsk = (situation) => {
  const need = needOf(situation);
  if (need === null) return stay(situation, `${situation.evidence.demand.signal} is ${situation.evidence.demand.state}`);
  const role2 = roleOfSignal(situation.spec.policies.proportional.signal);
  const { scaleUp: scaleUp2, scaleDown: scaleDown2 } = situation.spec.behavior;
  const count = situation.current[role2];
  const reason = reasonOf2(situation, need[role2]);
  if (need[role2] > fixed(count * (1 + scaleUp2.tolerance)))
    return move(situation, "out", { count: dampedOut({ count, need: need[role2], damping: scaleUp2.damping }), reason });
  if (need[role2] < fixed(count * (1 - scaleDown2.tolerance)) && Math.ceil(need[role2]) < count)
    return move(situation, "in", { count: dampedIn({ count, need: need[role2], damping: scaleDown2.damping }), reason });
  return stay(situation, reason);
};
var dampedOut = ({ count, need, damping }) => Math.max(count + 1, Math.ceil(fixed(count + damping * (need - count))));
var dampedIn = ({ count, need, damping }) => Math.max(Math.ceil(need), Math.min(count - 1, Math.ceil(fixed(count - damping * (count - need)))));
var reasonOf2 = ({ spec: spec2, evidence, current }, need) => {
  const { signal, targetPerInstance } = spec2.policies.proportional;
  const role2 = roleOfSignal(signal);
  return `${signal} ${showNumber(evidence.demand.value)} at ${targetPerInstance} per instance needs ${showNumber(need)} ${role2}; the target has ${current[role2]}`;
};
var move = (situation, direction, { count, reason }) => ({
  policy: "proportional",
  direction,
  target: withRatio(situation.spec, count, (other) => Math.ceil(fixed(other))),
  reason
});
var stay = ({ current }, reason) => ({
  policy: "proportional",
  direction: "hold",
  target: current,
  reason
});
var withRatio = (spec2, count, round) => {
  const { prefill, decode } = spec2.ratio;
  return roleOfSignal(spec2.policies.proportional.signal) === "decode" ? { prefill: round(count * prefill / decode), decode: count } : { prefill: count, decode: round(count * decode / prefill) };
};

// core/scaling/shrink.ts
var smallestAsk = (current, asks) => asks.filter(({ direction }) => direction === "in").reduce((least, ask) => minCounts(least, ask.target), current);
var shrink = (situation, asks) => {
  const stop = warmUp(situation) ?? openRollout(situation) ?? cooldownIn(situation);
  if (stop) return { hold: stop, limits: [] };
  const wanted = smallestAsk(situation.current, asks);
  const stabilised = minCounts(situation.current, stabilisedIn(situation, wanted));
  const start = applyLimit({ counts: wanted, limits: [] }, { limit: "stabilisation", after: stabilised, detail: "largest ask of the window" });
  return ordered3(situation, asks, bounded2(situation, start));
};
var shrinkByHand = (situation, ask) => {
  const blind = missingEvidence(situation) ?? warmUp(situation);
  const stop = blind ?? openRollout(situation) ?? failureBackoff(situation) ?? restByHand(situation, "COOLDOWN_IN");
  if (stop) return { hold: stop, limits: [] };
  const wanted = smallestAsk(situation.current, [ask]);
  return ordered3(situation, [ask], bounded2(situation, { counts: wanted, limits: [] }));
};
var bounded2 = (situation, start) => {
  const { current, spec: spec2 } = situation;
  const minimum = minCounts(current, minimumOf(spec2));
  const floor = rateFloor(situation);
  const rated = applyLimit(start, { limit: "rate", after: maxCounts(start.counts, floor), detail: `at least ${showCounts(floor)} now` });
  return applyLimit(rated, { limit: "bounds", after: maxCounts(rated.counts, minimum), detail: `at least ${showCounts(minimum)}` });
};
var ordered3 = (situation, asks, { counts, limits }) => {
  const { current } = situation;
  if (sameCounts(counts, current)) return { hold: stoppedBy2(situation, limits), limits };
  const pair = nearestPair(counts, { least: counts, most: current }, ratioRuleOf(situation));
  if (pair === null || sameCounts(pair, current)) return { hold: noPair2(situation, counts), limits };
  const tight = isWantedByUser(asks) ? null : tooTight(situation, pair);
  if (tight) return { hold: tight, limits };
  const fitted = applyLimit({ counts, limits }, { limit: "ratio", after: pair, detail: showBand(situation) });
  const reason = asks.filter(({ direction }) => direction === "in").map((ask) => `${ask.policy}: ${ask.reason}`).join("; ");
  return { order: { kind: "scale-in", to: pair, reason }, limits: fitted.limits };
};
var isWantedByUser = (asks) => asks.some(({ policy, direction }) => (policy === "bounds" || policy === "manual") && direction === "in");
var tooTight = (situation, pair) => {
  const need = needOf(situation);
  const most = 1 + situation.spec.behavior.scaleUp.tolerance;
  const fits = need !== null && isWithin2(need, { prefill: pair.prefill * most, decode: pair.decode * most });
  if (fits) return null;
  return hold("CONSOLIDATION", `the load needs ${showNumber(need?.prefill ?? null)}P+${showNumber(need?.decode ?? null)}D; ${showCounts(pair)} would be beyond its threshold`);
};
var stoppedBy2 = (situation, limits) => {
  const last = limits.at(-1);
  const detail = last ? `${showCounts(last.before)} would do; ${last.detail}` : "";
  if (last?.limit === "stabilisation") return hold("STABILISING", detail, stabilisedUntil(situation, "down"));
  return last?.limit === "rate" ? hold("RATE_LIMITED", detail, rateRecheckAt(situation)) : hold("AT_BOUNDS", detail);
};
var noPair2 = (situation, wanted) => {
  const range = `from ${showCounts(wanted)} up, below ${showCounts(situation.current)}`;
  return hold("NO_FEASIBLE_PAIR", `no pair ${range}, has ${showBand(situation)}`, rateRecheckAt(situation));
};

// core/scaling/combine.ts
var allAsks = (situation) => [proportionalAsk(situation), latencyGuardAsk(situation), ratioAsk(situation), boundsAsk(situation)].map((ask) => ({
  ...ask,
  target: plausible(ask.target)
}));
var combine = (situation, asks) => {
  const out = boundedAsk(situation, asks);
  if (!isWithin2(out, situation.current)) return { outcome: grow(situation, asks), recommended: out };
  if (asks.some(({ direction }) => direction === "in")) return agreeToShrink(situation, asks);
  return { outcome: { hold: reasonToStay(situation, asks), limits: [] }, recommended: situation.current };
};
var boundedAsk = (situation, asks) => minCounts(largestAsk(situation.current, asks), maxCounts(situation.current, maximumOf(situation.spec)));
var agreeToShrink = (situation, asks) => {
  const veto = evidenceVeto(situation);
  if (veto) return { outcome: { hold: veto, limits: [] }, recommended: situation.current };
  return { outcome: shrink(situation, asks), recommended: smallestAsk(situation.current, asks) };
};
var reasonToStay = (situation, asks) => {
  const { demand } = situation.evidence;
  const blocked = asks.find(({ direction }) => direction === "out");
  if (blocked) return hold("AT_BOUNDS", `${blocked.reason}; the maximum is ${showCounts(maximumOf(situation.spec))}`);
  if (demand.state !== "fresh" && demand.state !== "idle") return unusable(demand);
  return guardResting(situation) ?? hold("INSIDE_TOLERANCE", asks.map(({ policy, reason }) => `${policy}: ${reason}`).join("; "));
};

// core/scaling/by-hand.ts
var combineByHand = (situation, automatic) => {
  const manual = manualScaleOf(situation.controls ?? [], situation.nowMs);
  if (manual === null) return null;
  const ask = manualAsk(situation, manual);
  const others = automatic.filter(({ policy }) => policy === "bounds" || policy === "ratio");
  return { outcome: outcomeOf(situation, { manual, ask, others }), asks: [...automatic, ask] };
};
var outcomeOf = (situation, { manual, ask, others }) => {
  const followed = [ask, ...others];
  if (!isWithin2(boundedAsk(situation, followed), situation.current)) return growByHand(situation, followed);
  if (ask.direction === "in") return shrinkByHand(situation, ask);
  if (others.some(({ direction }) => direction === "in")) return agreeToShrink(situation, others).outcome;
  return { hold: hold("MANUAL", ask.reason, manual.directive.untilMs), limits: [] };
};
var manualAsk = ({ current, spec: spec2 }, { target, directive }) => {
  const most = maxCounts(current, minCounts(plausible(target), maximumOf(spec2)));
  const least = minCounts(current, maxCounts(target, minimumOf(spec2)));
  const reason = `${showCounts(target)} by hand of ${directive.author}: ${directive.reason}`;
  if (!sameCounts(most, current)) return { policy: "manual", direction: "out", target: most, reason };
  if (!sameCounts(least, current)) return { policy: "manual", direction: "in", target: least, reason };
  return { policy: "manual", direction: "hold", target: current, reason };
};

// core/scaling/decide.ts
var decide = (argument) => {
  const evidence = gatherEvidence(argument);
  const { outcome: free, ...rest } = argument.current === null ? unknownInstances : conclude(argument, { current: argument.current, evidence });
  const outcome = heedControls(argument, free);
  return {
    ...outcome,
    ...rest,
    current: argument.current,
    evidence: listEvidence(evidence),
    recheckAtMs: recheckAt(argument, evidence, outcome)
  };
};
var conclude = (argument, known) => {
  const situation = { ...argument, ...known, band: ratioBandOf(argument.spec), groups: groupCount(argument.instances) };
  const automatic = allAsks(situation);
  const { outcome, recommended: recommended2 } = combine(situation, automatic);
  const byHand = combineByHand(situation, automatic);
  return { outcome, asks: automatic, recommended: recommended2, isRatioSatisfied: isRatioSatisfied(situation), ...byHand };
};
var unknownInstances = {
  outcome: { hold: hold("INSTANCES_UNKNOWN", "no complete report of all sub-clusters since the last order"), limits: [] },
  asks: [],
  recommended: null,
  isRatioSatisfied: true
};
var recheckAt = ({ nowMs, spec: spec2, controls }, evidence, outcome) => {
  const staleAfterMs = secondsToMs(spec2.evidence.staleAfterSeconds);
  const staleAt = listEvidence(evidence).flatMap(({ ageMs }) => ageMs === null ? [] : [nowMs - ageMs + staleAfterMs + 1]);
  const endsAt = "hold" in outcome && outcome.hold.untilMs !== null ? [outcome.hold.untilMs] : [];
  const controlEndsAt = (controls ?? []).flatMap(({ untilMs }) => untilMs === null ? [] : [untilMs]);
  const ahead = [...staleAt, ...endsAt, ...controlEndsAt].map(fixed).filter((time) => time > nowMs);
  return ahead.length === 0 ? null : Math.min(...ahead);
};

// core/scaling/intents.ts
var abandonedAt = (intent, stoppedAtMs) => Math.max(intent.expiresAtMs, intent.reportedAtMs ?? 0, stoppedAtMs ?? 0) + 2 * intent.readyDeadlineMs;

// core/ids.ts
var decisionIdOf = (position, service) => `${service}-${sha256(`${position.logId}/${position.partition}/${position.offset}/${service}`).slice(0, 16)}`;
var intentIdOf = (decision) => `i-${decision}`;

// core/scaling/record.ts
var recordVerdict = (state, argument, verdict) => {
  const occasion = { state, argument, verdict };
  if ("hold" in verdict) return recordHold(occasion, verdict.hold);
  const text = canonicalJson(argument);
  if (text.length > mostArgument) return recordHold(occasion, tooLarge(text));
  return recordOrder(occasion, verdict.order, { from: verdict.current ?? noInstances, text });
};
var mostArgument = 9e5;
var tooLarge = (text) => hold("ARGUMENT_TOO_LARGE", `what the decision rests on has ${text.length} characters; at most ${mostArgument} fit into its record`);
var recordHold = (occasion, held) => {
  const { reason, detail } = held;
  const { state, argument, verdict } = occasion;
  const { current } = verdict;
  const demand = verdict.evidence[0]?.value ?? null;
  const facts = [argument.tick.offset, reason, current?.prefill ?? null, current?.decode ?? null, demand];
  const holdsHash = sha256(`${state.holdsHash}${canonicalJson(facts)}`);
  const news = newsOf(held);
  const next = { ...state, holdReason: news, holds: state.holds + 1, holdsHash };
  if (news === state.holdReason) return { state: next, emitted: [] };
  const event = {
    type: "ScaleHeld",
    ...namesOf(occasion),
    reason,
    detail,
    current: current ?? noInstances,
    evidence: verdict.evidence,
    asks: verdict.asks,
    holds: next.holds,
    holdsHash
  };
  return { state: next, emitted: [{ topic: "decisions", key: state.service, event }] };
};
var newsOf = ({ reason, withheld }) => withheld ? `${reason} ${withheld.kind} ${showCounts(withheld.to)}` : reason;
var namesOf = ({ state, argument }) => ({
  decisionId: decisionIdOf(argument.tick, argument.service),
  service: argument.service,
  time: argument.nowMs,
  inputs: { partition: argument.tick.partition, tickOffset: argument.tick.offset, lastInputOffset: state.lastInputOffset },
  policyHash: state.policyHash,
  coreHash: argument.coreHash
});
var recordOrder = (occasion, order, { from, text }) => {
  const { state, argument } = occasion;
  const sequence = nextSequence(state);
  const decided = decisionOf(occasion, { order, from, sequence, text });
  const intent = intentOf(occasion, decided);
  const next = {
    ...state,
    lastSequence: sequence,
    openIntents: [...state.openIntents, openIntentOf(intent)],
    memory: rememberChange(state.memory, { atMs: argument.nowMs, from, to: order.to }),
    holdReason: "",
    decisionHash: decided.hash
  };
  const emitted = [
    { topic: "decisions", key: state.service, event: decided },
    { topic: "intents", key: state.service, event: intent }
  ];
  return { state: next, emitted };
};
var mostSequence = 1e9;
var nextSequence = (state) => {
  const seen = highestSequence(state.instances);
  return Math.max(state.lastSequence, seen <= mostSequence ? seen : 0) + 1;
};
var decisionOf = (occasion, { order, from, sequence, text }) => {
  const { state, verdict } = occasion;
  const open = {
    type: "ScaleDecided",
    ...namesOf(occasion),
    sequence,
    kind: order.kind,
    from,
    to: order.to,
    reason: order.reason,
    evidence: verdict.evidence,
    asks: verdict.asks,
    limits: verdict.limits,
    argument: text,
    holdsHash: state.holdsHash,
    previousHash: state.decisionHash,
    hash: ""
  };
  return { ...open, hash: sha256(canonicalJson(open)) };
};
var intentOf = ({ argument }, { decisionId, service, sequence, kind, from, to }) => {
  const { spec: spec2, nowMs } = argument;
  return {
    type: "ScaleIntentEmitted",
    intentId: intentIdOf(decisionId),
    decisionId,
    service,
    cell: spec2.cell,
    sequence,
    kind,
    from,
    target: to,
    ratio: { prefill: spec2.ratio.prefill, decode: spec2.ratio.decode },
    band: ratioBandOf(spec2),
    minimum: minimumOf(spec2),
    maximum: maximumOf(spec2),
    affinity: spec2.network.affinity,
    requirements: roles.map((role2) => ({
      role: role2,
      gpusPerInstance: spec2.roles[role2].gpusPerInstance,
      gpuTypes: spec2.roles[role2].gpuTypes
    })),
    priority: spec2.priority,
    readyDeadlineMs: secondsToMs(spec2.rollout.readyDeadlineSeconds),
    emittedAt: nowMs,
    expiresAt: nowMs + secondsToMs(spec2.rollout.intentTtlSeconds)
  };
};
var openIntentOf = (intent) => ({
  intentId: intent.intentId,
  sequence: intent.sequence,
  kind: intent.kind,
  from: intent.from,
  target: intent.target,
  emittedAtMs: intent.emittedAt,
  expiresAtMs: intent.expiresAt,
  readyDeadlineMs: intent.readyDeadlineMs,
  reportedAtMs: null,
  groups: [],
  reportIds: []
});

// core/scaling/sample-budget.ts
var mostSamples = 3e3;
var mostPerWindow = 120;
var budgetSamples = (signals, { spec: spec2, horizon }) => {
  const seriesCount = signalNames.reduce((sum, signal) => sum + signals[signal].length, 0);
  const slots = Math.max(1, Math.min(mostPerWindow, Math.floor(mostSamples / Math.max(1, seriesCount))));
  const thinned = (signal) => {
    const lengthMs = windowOf(signal, spec2);
    const slotMs = Math.ceil(lengthMs / slots);
    return mapChanged(signals[signal], (series) => thin(series, { horizon, slotMs, since: horizon - lengthMs }));
  };
  return Object.fromEntries(signalNames.map((signal) => [signal, thinned(signal)]));
};
var windowOf = (signal, { policies }) => {
  if (signal === "decodeTps" || signal === "prefillTps") return secondsToMs(policies.proportional.windowSeconds);
  return signal === "ttftMsP95" || signal === "tbtMsP95" ? secondsToMs(policies.latencyGuard.windowSeconds) : queueWindowMs;
};
var thin = (series, slots) => {
  const newerSlot = /* @__PURE__ */ new Map();
  const isNewestOfSlot = (sample) => {
    if (sample.endMs > slots.horizon) return true;
    const [isObserved, slot] = [sample.value !== null, slotOf(sample, slots)];
    const isNewest = newerSlot.get(isObserved) !== slot && (slot !== beyondWindow || !newerSlot.has(isObserved));
    newerSlot.set(isObserved, slot);
    return isNewest;
  };
  const samples = series.samples.toReversed().filter(isNewestOfSlot).reverse();
  return samples.length === series.samples.length ? series : { ...series, samples };
};
var beyondWindow = -1;
var slotOf = ({ endMs }, { since, slotMs }) => endMs <= since ? beyondWindow : Math.floor(endMs / slotMs);
var mapChanged = (all, change) => {
  const changed = all.map(change);
  return changed.some((series, index) => series !== all[index]) ? changed : all;
};

// core/scaling/rollout-fact.ts
var rolloutFact = (event) => {
  const { service, intentId, sequence, detail, time, outcome, group } = event;
  const fact = { service, intentId, sequence, detail, time };
  if (outcome === "halted" && group === null) return { ...fact, type: "IntentRefused" };
  if (isOfIntent(outcome)) return { ...fact, ...intentFact(outcome, event.partial) };
  return group === null ? null : { ...fact, group, ...groupFact(event, outcome) };
};
var isOfIntent = (outcome) => outcome === "completed" || outcome === "refused" || outcome === "expired" || outcome === "superseded";
var intentFact = (outcome, partial) => {
  switch (outcome) {
    case "completed":
      return { type: "IntentCompleted", partial };
    case "refused":
      return { type: "IntentRefused" };
    case "expired":
      return { type: "IntentExpired" };
    case "superseded":
      return { type: "IntentSuperseded" };
  }
};
var groupFact = (event, outcome) => {
  switch (outcome) {
    case "placed":
      return { type: "RolloutPlaced", target: countsOf2(event) ?? { prefill: 0, decode: 0 } };
    case "committed":
      return { type: "RolloutCommitted", counts: countsOf2(event) };
    case "rolled-back":
      return { type: "RolloutRolledBack", counts: countsOf2(event) };
    case "stuck":
      return { type: "RolloutStuck", step: event.step ?? "" };
    default:
      return { type: "RolloutStepDone", step: event.step ?? "", outcome };
  }
};
var countsOf2 = ({ prefill, decode }) => prefill === null || decode === null ? null : { prefill, decode };

// core/scaling/reports.ts
var foldReport = (state, event, nowMs) => {
  const intent = state.openIntents.find(({ intentId }) => intentId === event.intentId);
  if (intent) return intent.reportIds.includes(event.reportId) ? nothing(state) : foldOpen(state, event, { intent, nowMs });
  const stuck = state.stuckGroups.find((one) => one.intentId === event.intentId && one.group === event.group);
  return stuck && !stuck.reportIds.includes(event.reportId) ? foldStuck(state, event, stuck) : nothing(state);
};
var nothing = (state) => ({ state, emitted: [] });
var foldOpen = (state, event, { intent, nowMs }) => {
  const known = {
    ...intent,
    reportedAtMs: nowMs,
    reportIds: [...intent.reportIds, event.reportId],
    groups: event.outcome === "placed" && event.group ? [...intent.groups, event.group] : intent.groups
  };
  const openIntents = state.openIntents.map((one) => one === intent ? known : one);
  return { state: afterOutcome({ ...state, openIntents }, event, { intent: known, nowMs }), emitted: factOf(event) };
};
var afterOutcome = (state, event, subject) => {
  switch (event.outcome) {
    case "committed":
      return withoutStuck(state, event);
    case "rolled-back":
      return failed(withoutStuck(state, event), subject.nowMs);
    case "stuck":
      return failed(withStuck(state, event), subject.nowMs);
    case "refused":
      return failed(closeIntent(state, subject.intent, closing(event, "unfinished")), subject.nowMs);
    case "halted":
      return halted(state, event, subject);
    case "expired":
    case "superseded":
      return closeIntent(state, subject.intent, closing(event, "unfinished"));
    case "completed":
      return grown(closeIntent(state, subject.intent, closing(event, event.partial ? "unfinished" : "reached")), subject);
    default:
      return state;
  }
};
var closing = (event, end) => ({ end, atMs: event.time });
var closeIntent = (state, intent, { end, atMs }) => {
  const openIntents = state.openIntents.filter(({ intentId }) => intentId !== intent.intentId);
  if (end === "unfinished" && intent.groups.length === 0) return { ...state, openIntents };
  const isLast = intent.sequence === state.lastSequence;
  const settled = end === "reached" && isLast ? intent.target : null;
  return { ...state, openIntents, settled, settledSinceMs: Math.max(state.settledSinceMs, atMs) };
};
var halted = (state, event, { intent }) => event.group === null ? closeIntent(state, intent, closing(event, "unfinished")) : state;
var failed = (state, nowMs) => ({
  ...state,
  memory: { ...state.memory, failedAtMs: nowMs }
});
var grown = (state, { intent, nowMs }) => intent.kind === "scale-in" ? state : { ...state, memory: { ...state.memory, grownAtMs: nowMs } };
var maxStuckGroups = 32;
var withStuck = (state, { intentId, group, sequence }) => group === null ? state : { ...state, stuckGroups: [...state.stuckGroups, { intentId, group, sequence, reportIds: [] }].slice(-maxStuckGroups) };
var withoutStuck = (state, event) => ({
  ...state,
  stuckGroups: state.stuckGroups.filter((one) => one.intentId !== event.intentId || one.group !== event.group)
});
var foldStuck = (state, event, stuck) => {
  const isSettled = event.outcome === "committed" || event.outcome === "rolled-back";
  if (isSettled) return { state: withoutStuck(state, event), emitted: factOf(event) };
  const known = { ...stuck, reportIds: [...stuck.reportIds, event.reportId] };
  return { state: { ...state, stuckGroups: state.stuckGroups.map((one) => one === stuck ? known : one) }, emitted: factOf(event) };
};
var factOf = (event) => {
  const fact = rolloutFact(event);
  return fact ? [{ topic: "rollouts", key: event.service, event: fact }] : [];
};

// core/scaling/settle.ts
var adoptionDelayMs = 1e4;
var doubtMs = 6e4;
var silentAfterMs = 6e4;
var settle = (before, nowMs) => {
  const state = before.managedSinceMs === null ? { ...before, managedSinceMs: nowMs } : before;
  if (state.openIntents.length > 0 || !hasReports(state, nowMs)) return state;
  const observed = plausible(desiredCounts(state.instances));
  if (state.settled === null) return nowMs < (adoptionAt(state) ?? nowMs) ? state : { ...state, settled: observed };
  if (sameCounts(state.settled, observed)) return { ...state, doubtedSinceMs: null };
  return isCollapse(state.settled, observed) ? doubt(state, { observed, nowMs }) : { ...state, settled: observed, doubtedSinceMs: null };
};
var hasReports = (state, nowMs) => isCompleteSince(state.instances, state.settledSinceMs) || state.settled === null && isCompleteButForSilent(state, nowMs);
var isCompleteButForSilent = (state, nowMs) => {
  const spoken = state.instances.filter((view) => !isSilent(view, state, nowMs));
  return isCompleteSince(spoken, state.settledSinceMs);
};
var isSilent = ({ completeAtMs }, { manifest: manifest2 }, nowMs) => completeAtMs !== null && nowMs - completeAtMs > Math.max(silentAfterMs, secondsToMs(manifest2.spec.evidence.staleAfterSeconds));
var isCollapse = (from, to) => 2 * (to.prefill + to.decode) < from.prefill + from.decode;
var doubt = (state, { observed, nowMs }) => {
  const doubtedSinceMs = state.doubtedSinceMs ?? nowMs;
  const isBelieved = nowMs >= doubtedSinceMs + doubtMs;
  return isBelieved ? { ...state, settled: observed, doubtedSinceMs: null } : { ...state, doubtedSinceMs };
};
var adoptionAt = (state) => {
  if (state.doubtedSinceMs !== null) return state.doubtedSinceMs + doubtMs;
  return state.settled === null && state.managedSinceMs !== null ? state.managedSinceMs + adoptionDelayMs : null;
};
var presentTarget = (state) => {
  const newest = state.openIntents.at(-1);
  if (!newest) return state.settled;
  return newest.sequence === state.lastSequence ? newest.target : maxCounts(newest.target, plausible(desiredCounts(state.instances)));
};
var abandon = (state, nowMs) => {
  const abandoned = state.openIntents.filter((intent) => abandonedAt(intent, state.stoppedAtMs) <= nowMs);
  const close = (open, intent) => (
    // Whether it was begun is not known, so that it counts as begun.
    { ...closeIntent(open, intent, { end: "unfinished", atMs: nowMs }), settled: null, settledSinceMs: nowMs }
  );
  return { state: abandoned.reduce(close, state), abandoned };
};

// core/scaling/evaluate.ts
var latenessMs = 2e3;
var isDue = (state, nowMs) => state.hasNewInput || state.recheckAtMs !== null && state.recheckAtMs <= nowMs;
var evaluate = (before, context) => {
  const nowMs = context.claim.lastTickMs;
  const { state: open, abandoned } = abandon(noteStop(forget(before, nowMs), nowMs), nowMs);
  const state = settle(open, nowMs);
  const argument = argumentOf(state, context);
  const verdict = decide(argument);
  const recorded = recordVerdict(state, argument, verdict);
  const announced = announce(remember(recorded.state, before, { verdict, nowMs }), verdict, nowMs);
  return {
    state: { ...announced.state, hasNewInput: false, recheckAtMs: recheckAt2(announced.state, verdict, nowMs) },
    emitted: [...abandoned.map((intent) => expired(state, intent, nowMs)), ...recorded.emitted, ...announced.emitted],
    verdict
  };
};
var forget = (state, nowMs) => {
  const longest = longestWindow(state.manifest);
  const before = nowMs - 2 * longest;
  const horizon = nowMs - latenessMs;
  return {
    ...state,
    signals: budgetSamples(forgetSamples(state.signals, { horizon, since: nowMs - longest, before }), { spec: state.manifest.spec, horizon }),
    heartbeats: dropHeartbeatsBefore(state.heartbeats, before),
    instances: dropEmptyViewsBefore(state.instances, before)
  };
};
var longestWindow = ({ spec: spec2 }) => {
  const { proportional: proportional2, latencyGuard: latencyGuard2 } = spec2.policies;
  const seconds3 = Math.max(proportional2.windowSeconds, latencyGuard2.windowSeconds, spec2.evidence.staleAfterSeconds);
  return Math.max(secondsToMs(seconds3), queueWindowMs) + latenessMs;
};
var argumentOf = (state, { claim, coreHash, partition, tickOffset }) => ({
  service: state.service,
  tick: { logId: claim.logId ?? "", partition, offset: tickOffset },
  coreHash,
  nowMs: claim.lastTickMs,
  horizonMs: claim.lastTickMs - latenessMs,
  ownerSinceMs: claim.ownerSinceMs,
  spec: state.manifest.spec,
  signals: samplesUntil(state.signals, claim.lastTickMs - latenessMs),
  heartbeats: state.heartbeats,
  instances: state.instances,
  current: presentTarget(state),
  ordersUnderWay: state.openIntents.map(({ sequence, kind, target, emittedAtMs }) => ({ sequence, kind, target, emittedAtMs })),
  memory: state.memory,
  controls: state.controls?.directives ?? null
});
var remember = (state, before, { verdict, nowMs }) => {
  if (!verdict.recommended || !verdict.current) return state;
  const counts = isAdopted(before, state) ? verdict.current : verdict.recommended;
  const windows = stabilisationWindows({ spec: state.manifest.spec });
  return { ...state, memory: rememberRecommendation(state.memory, { atMs: nowMs, counts }, windows) };
};
var isAdopted = (before, state) => state.settled !== null && state.settled !== before.settled;
var announce = (state, verdict, nowMs) => {
  const conditions = conditionsAfter(state, verdict, nowMs);
  const isNews = state.unannounced || conditions.some((condition, index) => condition !== state.conditions[index]);
  const next = { ...state, conditions, unannounced: false };
  return { state: next, emitted: isNews ? [accepted(next, nowMs)] : [] };
};
var expired = ({ service }, intent, time) => {
  const detail = `no report since ${intent.reportedAtMs ?? intent.emittedAtMs}; it expired at ${intent.expiresAtMs}; it counts as lost now`;
  const event = { type: "IntentExpired", service, intentId: intent.intentId, sequence: intent.sequence, detail, time };
  return { topic: "rollouts", key: service, event };
};
var recheckAt2 = (state, verdict, nowMs) => {
  const pending = nextWindowEnd(state.signals, nowMs - latenessMs);
  const times = [
    verdict.recheckAtMs,
    pending === null ? null : pending + latenessMs,
    adoptionAt(state),
    ...state.openIntents.map((intent) => abandonedAt(intent, state.stoppedAtMs))
  ].filter((time) => time !== null && time > nowMs);
  return times.length === 0 ? null : Math.min(...times);
};

// core/signals/plausible.ts
var mostServiceTps = 1e12;
var mostLatencyMs = 1e9;
var mostCounted = 1e12;
var plausible2 = (value, most) => value !== null && value >= 0 && value <= most ? value : null;

// core/signals/from-event.ts
var measuredBy = (event) => {
  switch (event.type) {
    case "TpsObserved":
      return [measured(event, event.role === "decode" ? "decodeTps" : "prefillTps", plausible2(event.tps, mostServiceTps))];
    case "LatencyObserved":
      return [
        measured(event, "ttftMsP95", plausible2(event.ttftMsP95, mostLatencyMs)),
        measured(event, "tbtMsP95", plausible2(event.tbtMsP95, mostLatencyMs))
      ];
    case "CacheObserved":
      return [
        measured(event, event.role === "decode" ? "decodeQueueDepth" : "prefillQueueDepth", plausible2(event.queueDepth, mostCounted)),
        measured(event, event.role === "decode" ? "decodeRequestsRunning" : "prefillRequestsRunning", plausible2(event.requestsRunning, mostCounted))
      ];
  }
};
var measured = (event, signal, value) => ({
  signal,
  source: event.source,
  role: event.role,
  sample: sampleOf(event, value)
});
var sampleOf = (event, value) => ({
  startMs: event.windowStartMs,
  endMs: event.windowEndMs,
  value,
  requests: event.type === "LatencyObserved" ? plausible2(event.requests, mostCounted) : null,
  heard: plausible2(event.instancesHeard, mostCounted) ?? 0,
  registered: plausible2(event.instancesRegistered, mostCounted) ?? 0
});

// core/scaling/evolve.ts
var evolve = (state, event, context) => {
  if (event.type === "ServiceConfigured") return touched(configure(state, event, context), context);
  if (state === null) return { state: null, emitted: [] };
  if (event.type === "HardwareObserved") return { state, emitted: [] };
  switch (event.type) {
    case "ControlChanged":
      return touched({ state: foldControls(state, event, context.nowMs), emitted: [] }, context);
    case "ServiceRemoved":
      return { state: null, emitted: [{ topic: "services", key: event.service, event: null }] };
    case "RolloutReported":
      return touched(foldReport(state, event, context.nowMs), context);
    default:
      return touched({ state: isFromTheFuture(event, context) ? state : observe(state, event), emitted: [] }, context);
  }
};
var observe = (state, event) => {
  switch (event.type) {
    case "CollectorHeartbeat":
      return { ...state, heartbeats: addHeartbeat(state.heartbeats, event) };
    case "InstancesObserved":
      return { ...state, instances: addInstances(state.instances, event) };
    default:
      return measure(state, event);
  }
};
var measure = (state, event) => {
  const unused = state.manifest.spec.policies.proportional.signal === "decodeTps" ? "prefillTps" : "decodeTps";
  const measured2 = measuredBy(event).filter(({ signal }) => signal !== unused);
  return { ...state, signals: measured2.reduce(addSample, state.signals) };
};
var clockLeadMs = 3e5;
var isFromTheFuture = (event, { nowMs }) => nowMs >= 0 && timeOf(event) > nowMs + clockLeadMs;
var timeOf = (event) => {
  switch (event.type) {
    case "CollectorHeartbeat":
      return event.time;
    case "InstancesObserved":
      return event.observedAt;
    default:
      return event.windowEndMs;
  }
};
var touched = ({ state, emitted }, { offset }) => ({
  state: state && { ...state, lastInputOffset: offset, hasNewInput: true },
  emitted
});

// core/scaling/partition.ts
var openPartition = (partition, coreHash) => ({
  partition,
  coreHash,
  claim: unclaimed,
  offset: -1,
  services: /* @__PURE__ */ new Map(),
  order: [],
  restoredThrough: /* @__PURE__ */ new Map()
});
var restoreService = (state, snapshot) => {
  assert(state.offset === -1, "snapshots are restored before records are folded");
  if (snapshot.coreHash !== state.coreHash || snapshot.partition !== state.partition) return false;
  if (state.claim.logId !== null && snapshot.logId !== state.claim.logId) return false;
  const content = JSON.parse(snapshot.state);
  if (snapshot.lastInputOffset < lowestRestored(state)) state.claim = content.claim;
  putService(state, content.state);
  state.restoredThrough.set(snapshot.service, snapshot.lastInputOffset);
  return true;
};
var lowestRestored = (state) => Math.min(Infinity, ...state.restoredThrough.values());
var foldRecord = (state, input) => {
  if (input.offset <= state.offset) return [];
  state.offset = input.offset;
  if (input.event.type === "ClockTicked") return foldTick(state, input, input.event);
  return foldInput(state, input, input.event);
};
var foldTick = (state, input, tick) => {
  const role2 = roleOf(state.claim, tick, input.appendedAtMs);
  if (role2 === "ignored") return [];
  state.claim = claimAfter(state.claim, tick, role2);
  if (role2 === "claim" || !isActive(state)) return [];
  return state.order.flatMap((service) => evaluateService(state, service));
};
var isActive = (state) => state.claim.coreHash === state.coreHash;
var evaluateService = (state, service) => {
  const before = state.services.get(service);
  if (!before || isRestored(state, service) || !isDue(before, state.claim.lastTickMs)) return [];
  const { state: next, emitted } = evaluate(before, {
    claim: state.claim,
    coreHash: state.coreHash,
    partition: state.partition,
    tickOffset: state.offset
  });
  state.services.set(service, next);
  return emitted;
};
var isRestored = (state, service) => state.offset <= (state.restoredThrough.get(service) ?? -1);
var foldInput = (state, input, event) => {
  if (isRestored(state, event.service)) return [];
  const { state: next, emitted } = evolve(state.services.get(event.service) ?? null, event, {
    offset: input.offset,
    nowMs: state.claim.lastTickMs,
    announce: isActive(state)
  });
  if (next) putService(state, next);
  else removeService(state, event.service);
  return isActive(state) ? emitted : [];
};
var putService = (state, service) => {
  if (!state.services.has(service.service)) state.order = [...state.order, service.service].sort();
  state.services.set(service.service, service);
};
var removeService = (state, service) => {
  if (!state.services.delete(service)) return;
  state.order = state.order.filter((one) => one !== service);
};
var snapshotService = (state, service, time) => {
  const content = state.services.get(service);
  const { logId } = state.claim;
  if (!content || logId === null) return null;
  return {
    type: "SnapshotTaken",
    service,
    logId,
    coreHash: state.coreHash,
    partition: state.partition,
    lastInputOffset: Math.max(state.offset, state.restoredThrough.get(service) ?? -1),
    state: canonicalJson({ claim: state.claim, state: content }),
    time
  };
};
var servicesOf = (state) => state.order;
var claimOf = (state) => ({ ...state.claim, offset: state.offset });
export {
  claimOf,
  foldRecord,
  openPartition,
  restoreService,
  servicesOf,
  snapshotService
};
