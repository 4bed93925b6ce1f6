// The stage drawn by the graphics card: all plates in one call, with the values of all maps in one texture, and all lines
// in another. WebGL2; without multisampling, edges are softened by how much of a pixel they cover.

import { COLOURS } from "../common/colours.js";

const NAMES = ["grey", "diverging", "viridis"];
// Straight pieces of a line, of a thin one and of one that is seen well.
const THIN = 7, THICK = 14;
const WIDE = 1024;

const PLATES = `#version 300 es
precision highp float;
in vec2 corner; in vec3 wall; in vec4 place; in vec4 tile; in vec4 look; in vec4 edge; in float lit;
uniform vec2 size; uniform float eye;
out vec2 at; flat out vec4 vTile; flat out vec4 vLook; flat out vec4 vEdge; flat out float vLit; flat out vec2 vHalf;
void main() {
  // Wider by the edge and a pixel, so that both lie outside of the map.
  vec2 half_ = place.zw, more = (half_ + edge.w + 1.0) / half_;
  at = corner * more;
  float u = place.x + at.x * half_.x, v = place.y + at.y * half_.y;
  float w = (eye + u * sin(wall.z)) / eye;
  vec2 p = vec2(wall.x + u * cos(wall.z) / w, wall.y + v / w);
  gl_Position = vec4((2.0 * p.x / size.x - 1.0) * w, (1.0 - 2.0 * p.y / size.y) * w, 0.0, w);
  vTile = tile; vLook = look; vEdge = edge; vLit = lit; vHalf = half_;
}`;
const PLATE = `#version 300 es
precision highp float;
in vec2 at; flat in vec4 vTile; flat in vec4 vLook; flat in vec4 vEdge; flat in float vLit; flat in vec2 vHalf;
uniform highp sampler2D values; uniform sampler2D tables; uniform vec3 paper;
out vec4 colour;
float value(vec2 cell) {
  return texelFetch(values, ivec2(vTile.xy + clamp(floor(cell), vec2(0.0), vTile.zw - 1.0)), 0).r;
}
void main() {
  vec2 beyond = (abs(at) - 1.0) * vHalf, pixel = fwidth(at) * vHalf;
  float covered = min(clamp(0.5 - beyond.x / pixel.x, 0.0, 1.0), clamp(0.5 - beyond.y / pixel.y, 0.0, 1.0));
  vec2 out_ = beyond - vEdge.w;
  float edged = vEdge.w > 0.0 ? min(clamp(0.5 - out_.x / pixel.x, 0.0, 1.0), clamp(0.5 - out_.y / pixel.y, 0.0, 1.0)) : 0.0;
  vec2 cell = (at * 0.5 + 0.5) * vTile.zw, step_ = fwidth(cell);
  float found = value(cell);
#ifdef FINE
  if (max(step_.x, step_.y) > 1.3) {
    found = 0.0;
    for (int i = 0; i < 9; i++) found += value(cell + step_ * (vec2(float(i % 3), float(i / 3)) - 1.0) / 3.0) / 9.0;
  }
#endif
  float t = clamp((found - vLook.x) / max(vLook.y - vLook.x, 1e-20), 0.0, 1.0);
  vec3 shown = texelFetch(tables, ivec2(int(t * 256.0 + 0.5), int(vLook.z)), 0).rgb;
  shown = mix(paper, shown, vLit);
  float alpha = max(covered, edged) * vLook.w;
  colour = vec4(mix(vEdge.rgb, shown, covered) * alpha, alpha);
}`;
const LINES = `#version 300 es
precision highp float;
in vec2 step_; in vec4 ends; in vec4 ink; in vec2 wide;
uniform vec2 size;
out vec4 vInk; out float across; flat out float half_; out float along; flat out float pulse;
void main() {
  float t = step_.x, dx = max(0.5 * (ends.z - ends.x), 0.0);
  vec2 a = ends.xy, b = a + vec2(dx, 0.0), d = ends.zw, c = d - vec2(dx, 0.0);
  float s = 1.0 - t;
  vec2 p = s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d;
  vec2 way = 3.0 * s * s * (b - a) + 6.0 * s * t * (c - b) + 3.0 * t * t * (d - c);
  vec2 normal = length(way) > 1e-4 ? normalize(vec2(-way.y, way.x)) : vec2(0.0, 1.0);
  half_ = 0.5 * wide.x; across = step_.y * (half_ + 1.0); along = t; pulse = wide.y; vInk = ink;
  p += normal * across;
  gl_Position = vec4(2.0 * p.x / size.x - 1.0, 1.0 - 2.0 * p.y / size.y, 0.0, 1.0);
}`;
const LINE = `#version 300 es
precision highp float;
in vec4 vInk; in float across; flat in float half_; in float along; flat in float pulse;
out vec4 colour;
void main() {
  float covered = clamp(half_ + 0.5 - abs(across), 0.0, 1.0) * min(1.0, 2.0 * half_);
  // A pulse on its way: before it the line is hardly there yet.
  float far = (along - pulse) * 5.0, peak = max(0.0, 1.0 - far * far);
  float near = pulse < 0.0 ? 1.0 : 0.15 + 1.4 * peak * peak + 0.5 * step(along, pulse);
  float alpha = min(1.0, vInk.a * covered * near);
  colour = vec4(vInk.rgb * alpha, alpha);
}`;

function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(made) || "no program");
  return made;
}

// What is drawn many times over: one shape, and of each its own numbers behind each other in one buffer.
function many(gl, made, shape, fields) {
  const array = gl.createVertexArray(), own = gl.createBuffer(), stride = 4 * fields.reduce((sum, [, size]) => sum + size, 0);
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, shape.values, gl.STATIC_DRAW);
  const at = gl.getAttribLocation(made, shape.name);
  gl.enableVertexAttribArray(at);
  gl.vertexAttribPointer(at, 2, gl.FLOAT, false, 0, 0);
  gl.bindBuffer(gl.ARRAY_BUFFER, own);
  let offset = 0;
  for (const [name, size] of fields) {
    const place = gl.getAttribLocation(made, name);
    if (place >= 0) {
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, gl.FLOAT, false, stride, offset);
      gl.vertexAttribDivisor(place, 1);
    }
    offset += 4 * size;
  }
  gl.bindVertexArray(null);
  return (numbers) => {
    gl.useProgram(made);
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, own);
    gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.DYNAMIC_DRAW);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, shape.values.length / 2, (4 * numbers.length) / stride);
  };
}

// Throws where the browser has no WebGL2.
export function space(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: false, depth: false });
  if (!gl) throw new Error("no WebGL2");
  // Maps of more cells than their plates have pixels are averaged where they are drawn, which the others need not pay for.
  const fine = PLATE.replace("precision", "#define FINE\nprecision");
  const made = { plates: program(gl, PLATES, PLATE), fine: program(gl, PLATES, fine), lines: program(gl, LINES, LINE) };
  const uniform = (name, of) => gl.getUniformLocation(made[of], name);
  const corners = { name: "corner", values: new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]) };
  const steps = (pieces) => ({ name: "step_", values: new Float32Array(Array.from({ length: pieces + 1 }, (_, i) => [i / pieces, -1, i / pieces, 1]).flat()) });
  const fields = [["wall", 3], ["place", 4], ["tile", 4], ["look", 4], ["edge", 4], ["lit", 1]];
  const drawPlates = { plates: many(gl, made.plates, corners, fields), fine: many(gl, made.fine, corners, fields) };
  const drawLines = [THIN, THICK].map((pieces) => many(gl, made.lines, steps(pieces), [["ends", 4], ["ink", 4], ["wide", 2]]));
  const values = gl.createTexture(), tables = gl.createTexture();
  for (const [unit, texture] of [[0, values], [1, tables]]) {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const name of ["TEXTURE_MIN_FILTER", "TEXTURE_MAG_FILTER"]) gl.texParameteri(gl.TEXTURE_2D, gl[name], gl.NEAREST);
    for (const name of ["TEXTURE_WRAP_S", "TEXTURE_WRAP_T"]) gl.texParameteri(gl.TEXTURE_2D, gl[name], gl.CLAMP_TO_EDGE);
  }
  const rows = new Uint8Array(NAMES.flatMap((name) => Array.from({ length: 257 }, (_, i) => [...COLOURS[name].slice(3 * i, 3 * i + 3), 255]).flat()));
  gl.activeTexture(gl.TEXTURE1);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 257, NAMES.length, 0, gl.RGBA, gl.UNSIGNED_BYTE, rows);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  let tiles = [], bands = [];

  return {
    // Room for the maps of all walls in the texture: each wall in rows of its own.
    hold(walls) {
      let top = 0;
      tiles = [];
      bands = walls.map((wall) => {
        const columns = Math.max(1, Math.min(wall.units.length, Math.floor(WIDE / wall.w))), high = Math.ceil(wall.units.length / columns) * wall.h, from = top;
        tiles.push(wall.units.map((_, index) => [(index % columns) * wall.w, from + Math.floor(index / columns) * wall.h, wall.w, wall.h]));
        top += high;
        return { top: from, high, wide: columns * wall.w };
      });
      gl.activeTexture(gl.TEXTURE0);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, WIDE, Math.max(1, top), 0, gl.RED, gl.FLOAT, null);
    },
    // The values of a wall's maps behind each other, (units, rows, columns).
    fill(number, wall, maps) {
      const band = bands[number], all = new Float32Array(band.high * band.wide);
      tiles[number].forEach(([left, top], index) => {
        for (let row = 0; row < wall.h; row++) {
          const from = (index * wall.h + row) * wall.w;
          all.set(maps.subarray(from, from + wall.w), (top - band.top + row) * band.wide + left);
        }
      });
      gl.activeTexture(gl.TEXTURE0);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, band.top, band.wide, band.high, gl.RED, gl.FLOAT, all);
    },
    // size: [width, height] in CSS pixels, ratio: device pixels of one, paper: its colour, 0 to 1
    // plates: as layout.js has them, with { range, colour, edge: [r, g, b, width] or null, lit }
    // lines: { from: [x, y], to: [x, y], ink: [r, g, b, alpha], width, pulse }
    draw({ size, ratio, eye, paper, plates, lines }) {
      const wide = Math.round(size[0] * ratio), high = Math.round(size[1] * ratio);
      if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
      gl.viewport(0, 0, wide, high);
      gl.clearColor(...paper, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.useProgram(made.lines);
      gl.uniform2f(uniform("size", "lines"), ...size);
      [lines.filter((line) => line.width <= 2), lines.filter((line) => line.width > 2)].forEach((some, kind) => {
        if (!some.length) return;
        const numbers = new Float32Array(10 * some.length);
        some.forEach((line, i) => numbers.set([...line.from, ...line.to, ...line.ink, line.width, line.pulse], 10 * i));
        drawLines[kind](numbers);
      });
      const seen = plates.filter((plate) => plate.alpha > 0.01), numbers = new Float32Array(20 * seen.length);
      seen.forEach((plate, i) => {
        const tile = tiles[plate.wall][plate.index];
        numbers.set([plate.x, plate.y, plate.turn, plate.u, plate.v, plate.w, plate.h, ...tile, ...plate.range, NAMES.indexOf(plate.colour), plate.alpha, ...(plate.edge ?? [0, 0, 0, 0]), plate.lit], 20 * i);
      });
      const kind = seen.some((plate) => 2 * plate.w * ratio < 1.6 * tiles[plate.wall][plate.index][2]) ? "fine" : "plates";
      gl.useProgram(made[kind]);
      gl.uniform2f(uniform("size", kind), ...size);
      gl.uniform1f(uniform("eye", kind), eye);
      gl.uniform3f(uniform("paper", kind), ...paper);
      gl.uniform1i(uniform("values", kind), 0);
      gl.uniform1i(uniform("tables", kind), 1);
      drawPlates[kind](numbers);
    },
    lost: () => gl.isContextLost(),
    free() { gl.getExtension("WEBGL_lose_context")?.loseContext(); },
  };
}
