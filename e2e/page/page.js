// The browser side of the end-to-end tests: a JsSIP user agent whose every step the test drives through `peer`. Nothing
// here waits for a fixed time: what happened is kept in `log`, and `until` resolves when an entry comes (or came).
import JsSIP from '@krivega/jssip';

const log = [];
const waiting = new Set();

function note(event, data = {}) {
  log.push({ event, data, at: performance.now() });
  for (const check of [...waiting]) check();
}

/** Resolves with the data of the first entry named `event` at or after index `from`. */
function until(event, from = 0) {
  return new Promise((resolve) => {
    const check = () => {
      const found = log.slice(from).find((entry) => entry.event === event);
      if (!found) return;
      waiting.delete(check);
      resolve(found.data);
    };
    waiting.add(check);
    check();
  });
}

let ua;
let session;
let local;
let size = { width: 640, height: 360 };
let bitrate; // bit/s the page's video is limited to, undefined for Chromium's own choice
let keepSize; // frames are left out rather than pixels
let codec; // MIME subtype the page's video is limited to, undefined for all

/** Keeps only `codec` (and what goes with it) in the video transceivers, before each offer and each answer. */
function limitCodecs(connection) {
  for (const make of ['createOffer', 'createAnswer']) {
    const original = connection[make].bind(connection);
    connection[make] = (...args) => {
      for (const transceiver of connection.getTransceivers()) {
        if (!codec || transceiver.receiver.track.kind !== 'video') continue;
        const all = RTCRtpReceiver.getCapabilities('video').codecs;
        const chosen = all.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${codec.toLowerCase()}`);
        const helpers = all.filter(({ mimeType }) => /\/(rtx|red|ulpfec)$/i.test(mimeType));
        transceiver.setCodecPreferences([...chosen, ...helpers]);
      }
      return original(...args);
    };
  }
}

async function shapeVideo(connection) {
  if (!bitrate && !keepSize) return;
  const sender = connection.getSenders().find(({ track }) => track?.kind === 'video');
  const parameters = sender.getParameters();
  if (bitrate) for (const encoding of parameters.encodings) encoding.maxBitrate = bitrate;
  if (keepSize) parameters.degradationPreference = 'maintain-resolution';
  await sender.setParameters(parameters);
}

/** CRC-16/CCITT-FALSE. */
function checksum(bytes) {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

/** The moment drawn along the top edge of Parley's moving pattern, in ms since the epoch; undefined without one. */
function readStamp(video, context) {
  context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 12, 0, 0, 160, 8);
  const { data } = context.getImageData(0, 0, 160, 8);
  const bytes = new Uint8Array(10);
  for (let bit = 0; bit < 80; bit += 1) {
    const x = (bit % 40) * 4 + 2;
    const y = Math.floor(bit / 40) * 4 + 2;
    if (data[(y * 160 + x) * 4] > 127) bytes[bit >> 3] |= 0x80 >> (bit & 7);
  }
  if (checksum(bytes.subarray(0, 8)) !== ((bytes[8] << 8) | bytes[9])) return undefined;
  return Number(new DataView(bytes.buffer).getBigUint64(0)) / 1000;
}

function watchConnection(connection) {
  limitCodecs(connection);
  connection.addEventListener('track', ({ track, streams }) => {
    const element = document.getElementById(track.kind === 'video' ? 'remote' : 'sound');
    // The first video track is the main one; a presentation must not take its element.
    if (!element.srcObject || track.kind === 'audio') element.srcObject = new MediaStream([track]);
    element.play().catch((error) => note('play-failed', { message: String(error) }));
    note('track', { kind: track.kind, stream: streams[0]?.id, id: track.id });
  });
  connection.addEventListener('connectionstatechange', () =>
    note(`connection:${connection.connectionState}`));
  const video = document.getElementById('remote');
  video.requestVideoFrameCallback(() =>
    note('first-frame', { width: video.videoWidth, height: video.videoHeight }));
}

function watchSession(next) {
  session = next;
  if (next.connection) watchConnection(next.connection);
  next.on('peerconnection', ({ peerconnection }) => watchConnection(peerconnection));
  for (const name of ['progress', 'accepted', 'confirmed']) {
    next.on(name, () => note(name));
  }
  next.on('confirmed', () => shapeVideo(next.connection));
  for (const name of ['ended', 'failed']) {
    next.on(name, ({ originator, cause, message }) =>
      note(name, { originator, cause, code: message?.status_code }));
  }
  for (const name of ['hold', 'unhold']) {
    next.on(name, ({ originator }) => note(`${name}:${originator}`));
  }
  next.on('newDTMF', ({ originator, dtmf }) => note(`dtmf:${originator}:${dtmf.tone}`));
  next.on('newInfo', ({ originator, request }) => {
    if (originator !== 'remote') return;
    const type = request.getHeader('Content-Type');
    const share = request.getHeader('x-webrtc-share-state');
    note('info', { type });
    if (share) note(`share:${share}`);
  });
  next.on('reinvite', () => note('reinvite'));
}

let screen; // what the page presents

/** A moving picture of its own: a bar that goes from left to right. */
function drawScreen(width, height) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  let step = 0;
  const draw = () => {
    context.fillStyle = '#204080';
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#ffff00';
    context.fillRect((step * 8) % width, 0, 40, height);
    step += 1;
  };
  draw();
  const timer = setInterval(draw, 100);
  const [track] = canvas.captureStream(10).getVideoTracks();
  return { track, end: () => { clearInterval(timer); track.stop(); } };
}

function info(kind, headers) {
  const extraHeaders = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  session.sendInfo(`application/vinteo.webrtc.${kind}`, undefined, { extraHeaders, noTerminateWhenError: true });
}

function renegotiate() {
  return new Promise((resolve, reject) => {
    if (!session.renegotiate({}, resolve)) reject(new Error('not now'));
  });
}

async function media() {
  if (!local) {
    local = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: { ...size, frameRate: 30 },
    });
  }
  return local;
}

// Every SIP message goes to the browser's console, which the harness shows when a test fails.
JsSIP.debug.enable('JsSIP:Transport JsSIP:WARN:*');

window.peer = {
  log,
  until,

  /** Opens the socket and, with a password, registers. */
  connect({ url, domain, user, password, only, width, height, maxBitrate, keepSize: keeps }) {
    codec = only;
    bitrate = maxBitrate;
    keepSize = keeps;
    if (width && height) size = { width, height };
    ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url)],
      uri: `sip:${user}@${domain}`,
      display_name: 'Page',
      password,
      register: Boolean(password),
      session_timers: false,
    });
    for (const name of ['connected', 'disconnected', 'registered', 'registrationFailed']) {
      ua.on(name, ({ cause, reason } = {}) => note(name, { cause, reason }));
    }
    ua.on('newRTCSession', ({ originator, session: next }) => {
      watchSession(next);
      note('session', { originator, from: next.remote_identity.uri.user });
    });
    ua.start();
  },

  async call(number) {
    await media(); // a camera that takes its time is not the call's delay
    note('call');
    ua.call(number, { mediaStream: await media(), pcConfig: { iceServers: [] } });
  },

  async answer() {
    session.answer({ mediaStream: await media(), pcConfig: { iceServers: [] } });
  },

  hangUp() {
    session.terminate();
  },

  /** Puts the call on hold or takes it up again; resolves when the other side has agreed. */
  hold(on) {
    return new Promise((resolve, reject) => {
      if (!(on ? session.hold({}, resolve) : session.unhold({}, resolve))) reject(new Error('not now'));
    });
  },

  /** Sends tones by INFO. */
  dtmf(tones) {
    session.sendDTMF(tones);
  },

  info,

  /** Shows a second picture: announced by INFO, negotiated by re-INVITE. */
  async present(width, height) {
    screen = drawScreen(width, height);
    info('sharedesktop', { 'x-webrtc-share-state': 'YOUCANRECEIVECONTENT', 'x-webrtc-share-codec': codec ?? 'VP8' });
    const third = session.connection.getTransceivers().find(({ mid }) => mid === '2');
    if (third) {
      third.direction = 'sendrecv';
      await third.sender.replaceTrack(screen.track);
    } else {
      session.connection.addTransceiver(screen.track, { direction: 'sendrecv', streams: [new MediaStream([screen.track])] });
    }
    await renegotiate();
  },

  /** Ends it. */
  async stopPresenting() {
    const third = session.connection.getTransceivers().find(({ mid }) => mid === '2');
    await third.sender.replaceTrack(null);
    screen.end();
    info('sharedesktop', { 'x-webrtc-share-state': 'CONTENTEND' });
  },

  /** Resolves once the counters of the second video (mid 2) satisfy every minimum. */
  async presented(minimums) {
    for (;;) {
      const report = await session.connection.getStats();
      for (const entry of report.values()) {
        if (entry.type === 'inbound-rtp' && entry.mid === '2' &&
          Object.entries(minimums).every(([name, value]) => entry[name] >= value)) return { ...entry };
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },

  stop() {
    ua?.stop();
    local?.getTracks().forEach((track) => track.stop());
  },

  /** What the page sent and received so far, in the W3C vocabulary; of several videos the first m-line's. */
  async stats() {
    const found = { inbound: {}, outbound: {} };
    const report = await session.connection.getStats();
    for (const entry of report.values()) {
      const codecOf = entry.codecId ? report.get(entry.codecId)?.mimeType : undefined;
      const way = { 'inbound-rtp': found.inbound, 'outbound-rtp': found.outbound }[entry.type];
      if (!way || Number(way[entry.kind]?.mid) <= Number(entry.mid)) continue;
      way[entry.kind] = { ...entry, codecOf };
    }
    return found;
  },

  /** Resolves once `kind` inbound counters satisfy every minimum, with the statistics. */
  async received(kind, minimums) {
    for (;;) {
      const { inbound } = await this.stats();
      const now = inbound[kind];
      if (now && Object.entries(minimums).every(([name, value]) => now[name] >= value)) return now;
      // getStats has no event of its own, and the values are cached for 50 ms anyway.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },

  /** Ages in ms of so many stamped frames at the moment they are presented. */
  async delays(count) {
    const video = document.getElementById('remote');
    const context = new OffscreenCanvas(160, 8).getContext('2d', { willReadFrequently: true });
    const ages = [];
    while (ages.length < count) {
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      const now = performance.timeOrigin + performance.now();
      const stamp = readStamp(video, context);
      if (stamp !== undefined) ages.push(now - stamp);
    }
    return ages;
  },

  watched: [],

  /** Notes every frame of the remote video from now on. */
  watch() {
    const video = document.getElementById('remote');
    const context = new OffscreenCanvas(160, 8).getContext('2d', { willReadFrequently: true });
    const note = (now, metadata) => {
      video.requestVideoFrameCallback(note);
      const at = performance.timeOrigin + performance.now();
      const stamp = readStamp(video, context);
      this.watched.push({ at, age: stamp === undefined ? 0 : at - stamp, width: metadata.width });
    };
    video.requestVideoFrameCallback(note);
  },

  /** Mean luma (0–255) and its spread over the remote picture now. */
  picture() {
    const video = document.getElementById('remote');
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 64, 36);
    const { data } = context.getImageData(0, 0, 64, 36);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < data.length; i += 4) {
      const luma = 0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2];
      sum += luma;
      squares += luma * luma;
    }
    const count = data.length / 4;
    const mean = sum / count;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
  },
};
note('ready');
