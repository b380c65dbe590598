/*
 * The yardstick: per-sample SGD of a 784-128-64-10 network (two sigmoid
 * layers, softmax + cross-entropy, biases, float32) on MNIST, on one core.
 * Written for this one network; see README.md for what its numbers mean.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "suite.h"

enum {
    PIXELS = 784,      /* inputs: 28 x 28 grey values                       */
    STRIDE = 832,      /* bytes between images: 784 rounded up to 13 x 64   */
    H1 = 128,          /* first hidden layer                                */
    H2 = 64,           /* second hidden layer                               */
    CLASSES = 10,
    OUT = 16,          /* CLASSES rounded up; the last 6 lanes are padding  */
    SLOTS = 256,       /* steps whose first-layer updates may wait (below); a power of two */
    AHEAD = 4          /* images prefetched this many steps before use      */
};

/* ------------------------------------------------------------ vectors -- */

/* Bits in a vector: the most that the compiler was allowed, or fewer with -DWIDTH=128 or 256. */
#if !defined(WIDTH)
#if defined(__AVX512F__)
#define WIDTH 512
#elif defined(__AVX__)
#define WIDTH 256
#else
#define WIDTH 128
#endif
#endif
enum {
    VL = WIDTH / 32,   /* floats in a vector                                */
    BLOCK = 8          /* vectors of a row worked on at once, in registers  */
};

typedef float   vec  __attribute__((vector_size(4 * VL), may_alias));
typedef int32_t ivec __attribute__((vector_size(4 * VL), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

INLINE vec  load(const float *p)     { return *(const vec *)p; }
INLINE void store(float *p, vec v)   { *(vec *)p = v; }
INLINE vec  all(float x)             { return x - (vec){0}; }

INLINE vec larger(vec a, vec b)
{
#if WIDTH == 512
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif WIDTH == 256
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE__)
    return (vec)_mm_max_ps((__m128)a, (__m128)b);
#else
    ivec m = a > b;
    return (vec)((m & (ivec)a) | (~m & (ivec)b));
#endif
}

INLINE vec smaller(vec a, vec b)     { return -larger(-a, -b); }

/* F(bit, lane) for every lane: the pattern of a shuffle. */
#if WIDTH == 512
#define LANES(F, b) F(b,0), F(b,1), F(b,2), F(b,3), F(b,4), F(b,5), F(b,6), F(b,7), \
    F(b,8), F(b,9), F(b,10), F(b,11), F(b,12), F(b,13), F(b,14), F(b,15)
#elif WIDTH == 256
#define LANES(F, b) F(b,0), F(b,1), F(b,2), F(b,3), F(b,4), F(b,5), F(b,6), F(b,7)
#else
#define LANES(F, b) F(b,0), F(b,1), F(b,2), F(b,3)
#endif

/* Adds lane l ^ bit to lane l, of a where (l & bit) == 0 and of b elsewhere. */
#define STAY(b, l) ((l) & (b) ? VL + (l) : (l))
#define MOVE(b, l) (STAY(b, l) ^ (b))
#define FOLD(a, b, bit) (__builtin_shufflevector(a, b, LANES(STAY, bit)) \
                       + __builtin_shufflevector(a, b, LANES(MOVE, bit)))

/* rows[VL] -> one vector whose lane k is the sum of the lanes of rows[k]. */
INLINE vec sum_rows(const vec *rows)
{
#if WIDTH == 512
    vec e[8];
    UNROLL for (int k = 0; k < 8; k++) e[k] = FOLD(rows[k], rows[k + 8], 8);
#else
    const vec *e = rows;
#endif
#if WIDTH >= 256
    vec f[4];
    UNROLL for (int k = 0; k < 4; k++) f[k] = FOLD(e[k], e[k + 4], 4);
#else
    const vec *f = e;
#endif
    vec g0 = FOLD(f[0], f[2], 2), g1 = FOLD(f[1], f[3], 2);
    return FOLD(g0, g1, 1);
}

/* The sum (the maximum) of all lanes, in every lane. */
#define OTHER(b, l) ((l) ^ (b))
#define SWAP(a, bit) __builtin_shufflevector(a, a, LANES(OTHER, bit))
INLINE vec sum_lanes(vec a)
{
#if WIDTH == 512
    a += SWAP(a, 8);
#endif
#if WIDTH >= 256
    a += SWAP(a, 4);
#endif
    a += SWAP(a, 2);
    return a + SWAP(a, 1);
}
INLINE vec max_lanes(vec a)
{
#if WIDTH == 512
    a = larger(a, SWAP(a, 8));
#endif
#if WIDTH >= 256
    a = larger(a, SWAP(a, 4));
#endif
    a = larger(a, SWAP(a, 2));
    return larger(a, SWAP(a, 1));
}

/* e^x to about 1e-7 relative, for -87 <= x <= 87: 2^n * e^r, |r| <= ln2/2. */
INLINE vec exp_vec(vec x)
{
    vec t = x * 1.44269504f + 12582912.0f;      /* rounds: n in the low bits */
    vec n = t - 12582912.0f;
    vec r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + (r + 1.0f);
    return (vec)((ivec)p + ((ivec)t << 23));
}

INLINE vec sigmoid(vec x)
{
    vec y = larger(smaller(-x, all(80.0f)), all(-80.0f));
    return 1.0f / (1.0f + exp_vec(y));
}

/* ---------------------------------------------------------- the network -- */

typedef struct {
    float w1[PIXELS][H1];   /* input-major: one pixel's weights lie together */
    float w2[H2][H1];       /* output-major                                  */
    float w3[OUT][H2];      /* output-major; rows 10..15 unused              */
    float b1[H1], b2[H2];
    float b3[OUT];          /* padding -1e30: probability 0                  */
} __attribute__((aligned(64))) Network;

/*
 * First-layer updates wait until their row is next used.  A row that is used
 * at step t was last used at some step s < t; its update x_s[i] * g_s is
 * added just before the row is read at t.  That is the same arithmetic in the
 * same order as updating at once, but the row passes through the caches once
 * per step, not twice.  Every SLOTS steps all rows are brought up to date.
 * The second layer does the same with the step before.
 */
typedef struct {
    float g1[SLOTS][H1];    /* -rate * delta of layer 1 at the last steps    */
    float last[PIXELS];     /* x_s[i] that is still to be applied, or 0      */
    int32_t slot[PIXELS];   /* and the row of g1 that goes with it           */
    float h1[2][H1];        /* activations of this step and the one before   */
    float g2[H2];           /* -rate * delta of layer 2 of the step before   */
    uint32_t step;
    double product;         /* of the probabilities of the labels ...        */
    double loss;            /* ... folded into the loss every few steps      */
} __attribute__((aligned(64))) Trainer;

enum { WORDS = STRIDE / 64 };

typedef struct {
    int count;
    uint16_t at[PIXELS + 64];   /* positions of pixels to work on */
} List;

/* The non-zero pixels of an image, those shared with the image before apart. */
typedef struct {
    uint64_t mask[WORDS];       /* bit i: pixel i is not 0 */
    List shared, fresh;
} Split;

static float grey[256];         /* byte -> b * (1 / 255) */
static float onehot[CLASSES][OUT] __attribute__((aligned(64)));

/* ----------------------------------------------------- non-zero positions -- */

#if !defined(__AVX512VBMI2__)
static uint16_t set_bits[256][8] __attribute__((aligned(16)));  /* of a byte */
static uint8_t bit_count[256];
typedef uint16_t eight __attribute__((vector_size(16), may_alias));
#endif

/* Appends base + k for every set bit k of mask. */
INLINE int append(uint16_t *at, int n, uint64_t mask, int base)
{
#if defined(__AVX512VBMI2__)
    static const uint8_t iota[64] __attribute__((aligned(64))) = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63 };
    /* Into a register: the form that compresses to memory is slow on Zen 4. */
    __m512i pos = _mm512_maskz_compress_epi8(mask, _mm512_load_si512(iota));
    __m512i lo = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(pos));
    __m512i hi = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(pos, 1));
    __m512i from = _mm512_set1_epi16((short)base);
    _mm512_storeu_si512(at + n, _mm512_add_epi16(lo, from));
    int count = __builtin_popcountll(mask);
    if (count > 32) _mm512_storeu_si512(at + n + 32, _mm512_add_epi16(hi, from));
    return n + count;
#else
    for (int shift = 0; shift < 64; shift += 8) {
        int byte = mask >> shift & 255;
        eight at8 = *(const eight *)set_bits[byte] + (uint16_t)(base + shift);
        memcpy(at + n, &at8, sizeof at8);
        n += bit_count[byte];
    }
    return n;
#endif
}

/* Bit k: byte k of the 64 at p is not 0. */
INLINE uint64_t mask_bytes(const uint8_t *p)
{
#if defined(__AVX512BW__)
    __m512i v = _mm512_loadu_si512(p);
    return _mm512_test_epi8_mask(v, v);
#elif defined(__AVX2__)
    __m256i zero = _mm256_setzero_si256();
    __m256i a = _mm256_loadu_si256((const __m256i *)p);
    __m256i b = _mm256_loadu_si256((const __m256i *)(p + 32));
    uint32_t lo = ~_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, zero));
    uint32_t hi = ~_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, zero));
    return lo | (uint64_t)hi << 32;
#else
    uint64_t mask = 0;
    for (int k = 0; k < 8; k++) {
        uint64_t w, low = 0x7f7f7f7f7f7f7f7full;
        memcpy(&w, p + 8 * k, 8);
        w = ((((w & low) + low) | w) & ~low) >> 7;       /* 1 per byte != 0 */
        mask |= (w * 0x0102040810204080ull >> 56) << (8 * k);
    }
    return mask;
#endif
}

/* mask[13] of an image of bytes (STRIDE bytes, the end zeros). */
INLINE void masks_of_bytes(const uint8_t *image, uint64_t *mask)
{
    for (int k = 0; k < WORDS; k++) mask[k] = mask_bytes(image + 64 * k);
}

/* mask[13] of an image of PIXELS floats. */
INLINE void masks_of_floats(const float *x, uint64_t *mask)
{
#if defined(__AVX512F__)
    memset(mask, 0, WORDS * sizeof *mask);
    _Pragma("GCC unroll 1")     /* unrolled, gcc reads the image out of order */
    for (int i = 0; i < PIXELS; i += 16)
        mask[i / 64] |= (uint64_t)_mm512_cmp_ps_mask(_mm512_loadu_ps(x + i),
                            _mm512_setzero_ps(), _CMP_NEQ_UQ) << i % 64;
#else
    uint8_t set[STRIDE] = {0};
    for (int i = 0; i < PIXELS; i++) set[i] = x[i] != 0;
    masks_of_bytes(set, mask);
#endif
}

static void masks_of_all(uint64_t *mask)
{
    for (int k = 0; k < WORDS; k++) mask[k] = ~0ull;
    mask[WORDS - 1] = (1ull << (PIXELS % 64)) - 1;
}

INLINE void list_of(const uint64_t *mask, List *list)
{
    int n = 0;
    for (int k = 0; k < WORDS; k++) n = append(list->at, n, mask[k], 64 * k);
    list->count = n;
}

static void split(const uint8_t *image, int dense, const Split *before, Split *now)
{
    int b = 0, f = 0;
    if (dense) masks_of_all(now->mask);
    else masks_of_bytes(image, now->mask);
    for (int k = 0; k < WORDS; k++) {
        uint64_t m = now->mask[k];
        b = append(now->shared.at, b, m & before->mask[k], 64 * k);
        f = append(now->fresh.at, f, m & ~before->mask[k], 64 * k);
    }
    now->shared.count = b;
    now->fresh.count = f;
}

/* ------------------------------------------------- time per part, optional -- */

#if defined(PARTS) && defined(__x86_64__)
static uint64_t part_ticks[10], part_from;
static double part_best[10];    /* over stretches of 500 steps: noise left out */
#define PART(k) do { uint64_t now_ = __rdtsc(); \
    part_ticks[k] += now_ - part_from; part_from = now_; } while (0)
#else
#define PART(k) ((void)0)
#endif

/* ------------------------------------------------------- layers, forward -- */

/* y[128] = sigmoid(b1 + sum over the listed pixels of x[i] * w1[i][:]). */
/* The pixels are floats x, or bytes where x is NULL.                      */
INLINE void forward1(const Network *net, const List *list, const float *x,
                     const uint8_t *bytes, float *y)
{
    for (int c = 0; c < H1; c += BLOCK * VL) {
        vec acc[BLOCK];
        UNROLL for (int v = 0; v < BLOCK; v++) acc[v] = load(net->b1 + c + v * VL);
        for (int k = 0; k < list->count; k++) {
            int i = list->at[k];
            vec xi = all(x ? x[i] : grey[bytes[i]]);
            const float *w = net->w1[i] + c;
            UNROLL for (int v = 0; v < BLOCK; v++) acc[v] += xi * load(w + v * VL);
        }
        UNROLL for (int v = 0; v < BLOCK; v++) store(y + c + v * VL, sigmoid(acc[v]));
    }
}

/*
 * The same with each row's waiting update applied first, row by row:
 * w1[i] += last[i] * g, written back, then acc += x[i] * w1[i].
 * The columns are c .. c + BLOCK * VL; what waits is noted after the last ones.
 */
typedef struct { vec x, last; float *w; } Row;

INLINE Row row_of(Network *net, Trainer *t, const uint8_t *bytes, int i, int c)
{
    float x = grey[bytes[i]];
    Row r = { all(x), all(t->last[i]), net->w1[i] + c };
    if (c + BLOCK * VL == H1) {
        t->last[i] = x;
        t->slot[i] = t->step % SLOTS;
    }
    return r;
}

INLINE void one_column(Row r, int v, vec g, vec *acc)
{
    vec w = load(r.w + v * VL) + r.last * g;
    store(r.w + v * VL, w);
    acc[v] += r.x * w;
}

/* Rows not in the image before: each waits for a g of its own. */
INLINE void fresh_rows(Network *net, Trainer *t, const List *list, const uint8_t *bytes,
                       int c, vec *acc)
{
    for (int k = 0, count = list->count; k < count; k++) {
        int i = list->at[k];
        const float *from = t->g1[t->slot[i]] + c;
        vec g[BLOCK];       /* all read before the row is written: faster */
        UNROLL for (int v = 0; v < BLOCK; v++) g[v] = load(from + v * VL);
        Row r = row_of(net, t, bytes, i, c);
        UNROLL for (int v = 0; v < BLOCK; v++) one_column(r, v, g[v], acc);
    }
}

/* Rows shared with the image before: all wait for the same g; two at a time. */
INLINE void shared_rows(Network *net, Trainer *t, const List *list, const uint8_t *bytes,
                        int c, vec *acc)
{
    vec g[BLOCK];
    const float *from = t->g1[(t->step - 1) % SLOTS] + c;
    int count = list->count, k = count & 1;
    UNROLL for (int v = 0; v < BLOCK; v++) g[v] = load(from + v * VL);
    if (k) {
        Row r = row_of(net, t, bytes, list->at[0], c);
        UNROLL for (int v = 0; v < BLOCK; v++) one_column(r, v, g[v], acc);
    }
    for (; k < count; k += 2) {
        Row a = row_of(net, t, bytes, list->at[k], c);
        Row b = row_of(net, t, bytes, list->at[k + 1], c);
        UNROLL for (int v = 0; v < BLOCK; v++) {
            one_column(a, v, g[v], acc);
            one_column(b, v, g[v], acc);
        }
    }
}

static void forward1_deferred(Network *net, Trainer *t, const Split *s,
                              const uint8_t *bytes, float *y)
{
    for (int c = 0; c < H1; c += BLOCK * VL) {
        vec acc[BLOCK];
        UNROLL for (int v = 0; v < BLOCK; v++) acc[v] = load(net->b1 + c + v * VL);
        fresh_rows(net, t, &s->fresh, bytes, c, acc);
        shared_rows(net, t, &s->shared, bytes, c, acc);
        UNROLL for (int v = 0; v < BLOCK; v++) store(y + c + v * VL, sigmoid(acc[v]));
    }
}

/* y[64] = sigmoid(b2 + w2 * x[128]). */
INLINE void forward2(const Network *net, const float *x, float *y)
{
    for (int o = 0; o < H2; o += VL) {
        vec sum[VL];
        for (int r = 0; r < VL; r++) {
            const float *w = net->w2[o + r];
            vec s = load(w) * load(x);
            UNROLL for (int i = VL; i < H1; i += VL) s += load(w + i) * load(x + i);
            sum[r] = s;
        }
        store(y + o, sigmoid(load(net->b2 + o) + sum_rows(sum)));
    }
}

/* The same, first adding the update of the step before: g2[o] * h[i]. */
static void forward2_deferred(Network *net, const Trainer *t, const float *h,
                              const float *x, float *y)
{
    vec hv[H1 / VL], xv[H1 / VL];       /* in registers where there are 32 */
    UNROLL for (int i = 0; i < H1 / VL; i++) hv[i] = load(h + i * VL), xv[i] = load(x + i * VL);
    for (int o = 0; o < H2; o += VL) {
        vec sum[VL];
        for (int r = 0; r < VL; r++) {
            float *row = net->w2[o + r];
            vec g = all(t->g2[o + r]), s = {0};
            UNROLL for (int i = 0; i < H1 / VL; i++) {
                vec w = load(row + i * VL) + g * hv[i];
                store(row + i * VL, w);
                s += w * xv[i];
            }
            sum[r] = s;
        }
        store(y + o, sigmoid(load(net->b2 + o) + sum_rows(sum)));
    }
}

/* p[16] = softmax(b3 + w3 * x[64]); the padding comes out as 0. */
INLINE void forward3(const Network *net, const float *x, float *p)
{
    vec z[OUT / VL], sum[OUT];
    UNROLL for (int o = 0; o < OUT; o++) {
        vec s = {0};
        if (o < CLASSES)
            UNROLL for (int i = 0; i < H2; i += VL) s += load(net->w3[o] + i) * load(x + i);
        sum[o] = s;
    }
    vec top = all(-1e30f), total = {0};
    UNROLL for (int k = 0; k < OUT / VL; k++) {
        z[k] = load(net->b3 + k * VL) + sum_rows(sum + k * VL);
        top = larger(top, z[k]);
    }
    top = max_lanes(top);
    UNROLL for (int k = 0; k < OUT / VL; k++) {
        z[k] = exp_vec(larger(z[k] - top, all(-80.0f)));
        total += z[k];
    }
    vec scale = 1.0f / sum_lanes(total);
    UNROLL for (int k = 0; k < OUT / VL; k++) store(p + k * VL, z[k] * scale);
}

/* ------------------------------------------------------ layers, backward -- */

/* dx[64] = w3^T * d[16], then w3[o][:] += g[o] * x, in one pass. */
INLINE void backward3(Network *net, const float *d, const float *g,
                      const float *x, float *dx)
{
    vec acc[H2 / VL];
    UNROLL for (int v = 0; v < H2 / VL; v++) acc[v] = (vec){0};
    for (int o = 0; o < CLASSES; o++) {
        vec dv = all(d[o]), gv = all(g[o]);
        float *row = net->w3[o];
        UNROLL for (int v = 0; v < H2 / VL; v++) {
            vec w = load(row + v * VL);
            acc[v] += dv * w;
            store(row + v * VL, w + gv * load(x + v * VL));
        }
    }
    UNROLL for (int v = 0; v < H2 / VL; v++) store(dx + v * VL, acc[v]);
}

/* g1[128] = (w2^T * g2[64]) * h1 * (1 - h1), and b1 += g1. */
INLINE void backward2(Network *net, const float *g2, const float *h1, float *g1)
{
    for (int c = 0; c < H1; c += BLOCK * VL) {
        vec acc[BLOCK];
        UNROLL for (int v = 0; v < BLOCK; v++) acc[v] = (vec){0};
        for (int o = H2 - 1; o >= 0; o--) {
            vec g = all(g2[o]);
            const float *w = net->w2[o] + c;
            UNROLL for (int v = 0; v < BLOCK; v++) acc[v] += g * load(w + v * VL);
        }
        UNROLL for (int v = 0; v < BLOCK; v++) {
            int i = c + v * VL;
            vec h = load(h1 + i), g = acc[v] * (h * (1.0f - h));
            store(g1 + i, g);
            store(net->b1 + i, load(net->b1 + i) + g);
        }
    }
}

/* Applies what still waits in the first layer. */
static void apply_waiting1(Network *net, Trainer *t)
{
    for (int i = 0; i < PIXELS; i++) {
        if (t->last[i] == 0) continue;
        vec x = all(t->last[i]);
        const float *g = t->g1[t->slot[i]];
        UNROLL for (int v = 0; v < H1; v += VL)
            store(net->w1[i] + v, load(net->w1[i] + v) + x * load(g + v));
        t->last[i] = 0;
    }
}

/* Applies everything that still waits. */
static void apply_waiting(Network *net, Trainer *t)
{
    apply_waiting1(net, t);
    const float *h = t->h1[(t->step + 1) & 1];      /* of the step before */
    for (int o = 0; o < H2; o++)
        for (int i = 0; i < H1; i++) net->w2[o][i] += t->g2[o] * h[i];
    memset(t->g2, 0, sizeof t->g2);
}

static void fold_loss(Trainer *t)
{
    t->loss -= log(t->product);
    t->product = 1;
}

/* One step of SGD on one image. */
INLINE void train_step(Network *net, Trainer *t, const List *list, const Split *s,
                       const uint8_t *image, int label, float rate, int eager)
{
    float p[OUT] __attribute__((aligned(64))), d3[OUT] __attribute__((aligned(64)));
    float g3[OUT] __attribute__((aligned(64)));
    float h2[H2] __attribute__((aligned(64))), dx[H2] __attribute__((aligned(64)));
    float *h1 = t->h1[t->step & 1];
    float *g1 = t->g1[t->step % SLOTS];

    if (eager) forward1(net, list, NULL, image, h1);
    else {
        if (t->step % SLOTS == 0) apply_waiting1(net, t);
        PART(1);
        forward1_deferred(net, t, s, image, h1);
    }
    PART(2);
    forward2_deferred(net, t, t->h1[(t->step + 1) & 1], h1, h2);
    PART(3);
    forward3(net, h2, p);

    UNROLL for (int k = 0; k < OUT; k += VL) {
        vec d = load(p + k) - load(onehot[label] + k), g = d * -rate;
        store(d3 + k, d);
        store(g3 + k, g);
        store(net->b3 + k, load(net->b3 + k) + g);
    }
    t->product *= p[label] > 1e-15f ? p[label] : 1e-15f;
    if (t->step % 16 == 15) fold_loss(t);

    PART(4);
    backward3(net, d3, g3, h2, dx);
    UNROLL for (int k = 0; k < H2; k += VL) {
        vec h = load(h2 + k), g = load(dx + k) * (h * (1.0f - h)) * -rate;
        store(t->g2 + k, g);
        store(net->b2 + k, load(net->b2 + k) + g);
    }
    PART(5);
    backward2(net, t->g2, h1, g1);
    PART(6);
    if (eager)
        for (int k = 0; k < list->count; k++) {
            int i = list->at[k];
            vec x = all(grey[image[i]]);
            UNROLL for (int v = 0; v < H1; v += VL)
                store(net->w1[i] + v, load(net->w1[i] + v) + x * load(g1 + v));
        }
    PART(7);
    t->step++;
#if defined(PARTS)
    if (t->step % 500 == 0)
        for (int k = 0; k < 8; k++, part_ticks[k - 1] = 0)
            if (part_best[k] == 0 || part_ticks[k] / 500.0 < part_best[k])
                part_best[k] = part_ticks[k] / 500.0;
#endif
}

/* Probabilities p[16] of the image x[784]. */
static void predict(const Network *net, const float *x, float *p, int dense)
{
    static List whole;
    List list;
    float h1[H1] __attribute__((aligned(64))), h2[H2] __attribute__((aligned(64)));
    uint64_t mask[WORDS];
    if (!dense) masks_of_floats(x, mask), list_of(mask, &list);
    else if (!whole.count) masks_of_all(mask), list_of(mask, &whole);
    forward1(net, dense ? &whole : &list, x, NULL, h1);
    forward2(net, h1, h2);
    forward3(net, h2, p);
}

/* ------------------------------------------------------------- the data -- */

typedef struct {
    int count;
    uint8_t *images;    /* [count][STRIDE], pixels 784.. are 0 */
    uint8_t *labels;    /* [count] */
} Digits;

/* Zeroed memory on large pages where the system has them. */
static void *memory(size_t bytes)
{
    size_t huge = 2 << 20;
    bytes = (bytes + huge - 1) / huge * huge;
    void *p = NULL;
    if (posix_memalign(&p, huge, bytes)) { perror("memory"); exit(1); }
#if defined(MADV_HUGEPAGE)
    madvise(p, bytes, MADV_HUGEPAGE);
#endif
    return memset(p, 0, bytes);
}

static uint32_t big_endian(FILE *f)
{
    uint8_t b[4];
    if (fread(b, 1, 4, f) != 4) { fprintf(stderr, "cannot read the data\n"); exit(1); }
    return (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

static FILE *open_gzip(const char *dir, const char *name)
{
    char command[4096];
    if (strchr(dir, '\'')) { fprintf(stderr, "no quotes in the directory, please\n"); exit(1); }
    snprintf(command, sizeof command, "gzip -dc '%s/%s.gz'", dir, name);
    FILE *f = popen(command, "r");
    if (!f) { perror("gzip"); exit(1); }
    return f;
}

static Digits read_digits(const char *dir, const char *set)
{
    char name[64];
    Digits d;
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", set);
    FILE *f = open_gzip(dir, name);
    uint32_t magic = big_endian(f);
    d.count = (int)big_endian(f);
    if (magic != 2051 || big_endian(f) != 28 || big_endian(f) != 28) exit(1);
    d.images = memory((size_t)d.count * STRIDE);
    for (int i = 0; i < d.count; i++)
        if (fread(d.images + (size_t)i * STRIDE, 1, PIXELS, f) != PIXELS) exit(1);
    pclose(f);

    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", set);
    f = open_gzip(dir, name);
    magic = big_endian(f);
    if (magic != 2049 || big_endian(f) != (uint32_t)d.count) exit(1);
    d.labels = memory((size_t)d.count);
    if (fread(d.labels, 1, (size_t)d.count, f) != (size_t)d.count) exit(1);
    pclose(f);
    for (int i = 0; i < d.count; i++) if (d.labels[i] >= CLASSES) exit(1);
    return d;
}

/* ---------------------------------------------------------------- set-up -- */

static uint64_t random_state;

static uint64_t random64(void)      /* splitmix64 */
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static uint32_t random_below(uint32_t n) { return (uint32_t)((random64() >> 32) * n >> 32); }

static void glorot(float *w, int rows, int columns)
{
    float limit = sqrtf(6.0f / (float)(rows + columns));
    for (int i = 0; i < rows * columns; i++)
        w[i] = limit * ((float)(random64() >> 40) * 0x1p-23f - 1.0f);
}

static Network *new_network(uint64_t seed)
{
    Network *net = memory(sizeof *net);
    random_state = seed;
    glorot(net->w1[0], PIXELS, H1);
    glorot(net->w2[0], H2, H1);
    glorot(net->w3[0], CLASSES, H2);
    for (int o = CLASSES; o < OUT; o++) net->b3[o] = -1e30f;
    return net;
}

static void set_up_tables(void)
{
    for (int b = 0; b < 256; b++) grey[b] = (float)b * (1 / 255.0f);
    for (int c = 0; c < CLASSES; c++) onehot[c][c] = 1;
#if !defined(__AVX512VBMI2__)
    for (int b = 0; b < 256; b++)
        for (int k = 0; k < 8; k++) if (b >> k & 1) set_bits[b][bit_count[b]++] = (uint16_t)k;
#endif
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ------------------------------------------------------- training, timing -- */

typedef struct { int epochs, calls, dense, eager; float rate; uint64_t seed; } Options;

static void shuffle(int *order, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)random_below((uint32_t)i + 1), x = order[i];
        order[i] = order[j];
        order[j] = x;
    }
}

INLINE void epoch_with(Network *net, Trainer *t, const Digits *d, const int *order,
                       const Options *o, double first, double total, int dense, int eager)
{
    static Split splits[2];
    static List list;
    uint64_t mask[WORDS];
    masks_of_all(mask);
    list_of(mask, &list);
    for (int k = 0; k < d->count; k++) {
        const uint8_t *image = d->images + (size_t)order[k] * STRIDE;
        if (k + AHEAD < d->count) {
            const uint8_t *next = d->images + (size_t)order[k + AHEAD] * STRIDE;
            UNROLL for (int b = 0; b < STRIDE; b += 64) __builtin_prefetch(next + b);
        }
#if defined(PARTS)
        part_from = __rdtsc();
#endif
        if (!eager) split(image, dense, &splits[(k + 1) & 1], &splits[k & 1]);
        else if (!dense) masks_of_bytes(image, mask), list_of(mask, &list);
        PART(0);
        float rate = o->rate * (float)(1 - (first + k) / total);
        train_step(net, t, &list, &splits[k & 1], image, d->labels[order[k]], rate, eager);
    }
    fold_loss(t);
    apply_waiting(net, t);
}

static __attribute__((noinline)) void epoch(Network *net, Trainer *t, const Digits *d,
                  const int *order, const Options *o, double first, double total)
{
    if (o->dense && o->eager) epoch_with(net, t, d, order, o, first, total, 1, 1);
    else if (o->dense)        epoch_with(net, t, d, order, o, first, total, 1, 0);
    else if (o->eager)        epoch_with(net, t, d, order, o, first, total, 0, 1);
    else                      epoch_with(net, t, d, order, o, first, total, 0, 0);
}

static float *as_floats(const Digits *d)        /* [count][784] */
{
    float *x = memory((size_t)d->count * PIXELS * sizeof *x);
    for (int k = 0; k < d->count; k++)
        for (int i = 0; i < PIXELS; i++)
            x[(size_t)k * PIXELS + i] = grey[d->images[(size_t)k * STRIDE + i]];
    return x;
}

static double accuracy(const Network *net, const float *x, const Digits *d)
{
    int right = 0;
    for (int k = 0; k < d->count; k++) {
        float p[OUT] __attribute__((aligned(64)));
        int best = 0;
        predict(net, x + (size_t)k * PIXELS, p, 0);
        for (int c = 1; c < CLASSES; c++) if (p[c] > p[best]) best = c;
        right += best == d->labels[k];
    }
    return 100.0 * right / d->count;
}

static void train(Network *net, const Digits *digits, const Digits *test,
                  const float *x, const Options *o)
{
    Trainer *t = memory(sizeof *t);
    int *order = memory((size_t)digits->count * sizeof *order);
    double total = (double)o->epochs * digits->count, best = 0;
    t->product = 1;
    for (int k = 0; k < digits->count; k++) order[k] = k;
    for (int e = 0; e < o->epochs; e++) {
        t->loss = 0;
        double from = seconds();
        shuffle(order, digits->count);
        epoch(net, t, digits, order, o, (double)e * digits->count, total);
        double rate = digits->count / (seconds() - from);
        if (rate > best) best = rate;
        printf("epoch %2d  loss %.6f  accuracy %.2f %%  %.0f samples/s\n",
               e + 1, t->loss / digits->count, accuracy(net, x, test), rate);
    }
    printf("Training: %.0f samples/s (best epoch, evaluation left out)\n", best);
#if defined(PARTS)
    double sum = 0;
    static const char *names[] = { "list", "apply", "forward 1", "forward 2", "forward 3",
                                   "backward 3", "backward 2", "update 1" };
    for (int k = 0; k < 8; k++)
        sum += part_best[k], printf("%-10s %6.0f ticks\n", names[k], part_best[k]);
    printf("%-10s %6.0f ticks\n", "all", sum);
#endif
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void time_predictions(const Network *net, const float *x, int count, const Options *o)
{
    float p[OUT] __attribute__((aligned(64)));
    double *took = malloc((size_t)o->calls * sizeof *took), best = 0;
    float sink = 0;

    for (int k = 0; k < o->calls; k++) {
        double from = seconds();
        took[k] = seconds() - from;
    }
    qsort(took, (size_t)o->calls, sizeof *took, by_size);
    printf("clock       p50 %.3f us (contained in the calls below)\n", 1e6 * took[o->calls / 2]);

    for (int k = 0; k < o->calls; k++) {
        const float *image = x + (size_t)(k % count) * PIXELS;
        double from = seconds();
        predict(net, image, p, o->dense);
        took[k] = seconds() - from;
        sink += p[0];
    }
    qsort(took, (size_t)o->calls, sizeof *took, by_size);
    printf("one call    p50 %.3f  p99 %.3f  p99.9 %.3f us\n", 1e6 * took[o->calls / 2],
           1e6 * took[(size_t)o->calls * 99 / 100], 1e6 * took[(size_t)o->calls * 999 / 1000]);

    for (int round = 0; round < 20; round++) {
        double from = seconds();
        for (int k = 0; k < count; k++) {
            predict(net, x + (size_t)k * PIXELS, p, o->dense);
            sink += p[0];
        }
        double rate = count / (seconds() - from);
        if (rate > best) best = rate;
    }
    printf("Prediction: %.0f samples/s (best of 20 rounds, one after another)\n", best);
    if (sink < 0) puts("");     /* the results are used */
    free(took);
}

/* ------------------------------------------------------------- the suite -- */

/* Weights as the suite gives them, [input][output] and then the biases, layer by layer. */
static void read_weights(const Suite *s, const char *file, Network *net)
{
    enum { SIZE = PIXELS * H1 + H1 + H1 * H2 + H2 + H2 * CLASSES + CLASSES };
    float *all_of = malloc(SIZE * sizeof *all_of), *w = all_of;
    suite_read(s, file, all_of, SIZE);
    memcpy(net->w1, w, sizeof net->w1), w += PIXELS * H1;
    memcpy(net->b1, w, sizeof net->b1), w += H1;
    for (int i = 0; i < H1; i++) for (int o = 0; o < H2; o++) net->w2[o][i] = *w++;
    memcpy(net->b2, w, sizeof net->b2), w += H2;
    for (int i = 0; i < H2; i++) for (int o = 0; o < CLASSES; o++) net->w3[o][i] = *w++;
    memcpy(net->b3, w, CLASSES * sizeof *w);
    free(all_of);
}

static void predict_digit(void *net, const float *x, float *p) { predict(net, x, p, 0); }

typedef struct { Network *net; Trainer *t; Digits digits; int *order, at; Options o; } Stretch;

/* Samples at a time. First-layer updates are all applied after SLOTS steps anyway, so the end of a stretch adds none. */
enum { STRETCH = 2 * SLOTS };

static double train_stretch(void *state)
{
    Stretch *s = state;
    Digits part = s->digits;
    if (s->at + STRETCH > part.count) {
        shuffle(s->order, part.count);
        s->at = 0;
    }
    part.count = STRETCH;
    epoch(s->net, s->t, &part, s->order + s->at, &s->o, 0, INFINITY);
    s->at += STRETCH;
    return STRETCH;
}

typedef struct { const Network *net; const float *x; float *p; int at; } Scoring;

enum { PIECE = 250 };       /* digits at a time */

/* The next digits, over and over. */
static double score(void *state)
{
    Scoring *s = state;
    for (int k = s->at, end = s->at + PIECE; k < end; k++) {
        float p[OUT] __attribute__((aligned(64)));
        predict(s->net, s->x + (size_t)k * PIXELS, p, 0);
        memcpy(s->p + k * CLASSES, p, CLASSES * sizeof *p);
    }
    s->at = (s->at + PIECE) % TEST_DIGITS;
    return PIECE;
}

static void score_all(Scoring *s)
{
    do score(s); while (s->at);
}

static int by_count(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/*
 * The digits in another order, in which any few hundred in a row have the mean count of non-zero pixels. In their own
 * order the first 5,000 have 12 % fewer of them than the rest, so windows would differ by the digits in them.
 * The order: by the count, then in steps of the golden section.
 */
static float *mixed(const float *x)
{
    enum { STEP = 6181 };
    static int ranked[TEST_DIGITS];     /* the count times TEST_DIGITS, plus the digit */
    float *y = memory((size_t)TEST_DIGITS * PIXELS * sizeof *y);
    for (int k = 0; k < TEST_DIGITS; k++) {
        int count = 0;
        for (int i = 0; i < PIXELS; i++) count += x[(size_t)k * PIXELS + i] != 0;
        ranked[k] = count * TEST_DIGITS + k;
    }
    qsort(ranked, TEST_DIGITS, sizeof *ranked, by_count);
    for (int k = 0; k < TEST_DIGITS; k++) {
        int from = ranked[(size_t)k * STEP % TEST_DIGITS] % TEST_DIGITS;
        memcpy(y + (size_t)k * PIXELS, x + (size_t)from * PIXELS, PIXELS * sizeof *y);
    }
    return y;
}

static int suite(int argc, char **argv)
{
    Suite s;
    suite_open(&s, argc, argv);
    s.width = WIDTH;
    Network *net = new_network(1);
    read_weights(&s, "weights.f32", net);
    if (suite_has(&s, "start")) {
        float digit[PIXELS], p[OUT] __attribute__((aligned(64)));
        suite_read(&s, "digit.f32", digit, PIXELS);
        predict(net, digit, p, 0);
        suite_write(&s, "predicted.f32", p, CLASSES);
        suite_close(&s, "C", __VERSION__, "bench/native/mnist.c");
        return 0;
    }
    Digits test = read_digits(s.digits, "t10k");
    Scoring scoring = { net, as_floats(&test), memory((size_t)TEST_DIGITS * CLASSES * sizeof(float)), 0 };
    if (suite_has(&s, "digits")) {
        score_all(&scoring);
        suite_write(&s, "predicted.f32", scoring.p, TEST_DIGITS * CLASSES);
        Scoring measured = { net, mixed(scoring.x), scoring.p, 0 };
        suite_figure(&s, "peers.digits", "", "thrpt", "samples/s");
        suite_measure(&s, score, &measured);
    }
    if (suite_has(&s, "predict")) suite_predict(&s, predict_digit, net, scoring.x, PIXELS, CLASSES);
    if (suite_has(&s, "train-1")) {
        Stretch run = { net, memory(sizeof(Trainer)), read_digits(s.digits, "train"), NULL, 0,
                        { .rate = 0.05f, .eager = s.eager } };
        run.t->product = 1;
        run.order = memory((size_t)run.digits.count * sizeof *run.order);
        for (int k = 0; k < run.digits.count; k++) run.order[k] = k;
        read_weights(&s, "initial.f32", net);
        Digits first = run.digits;
        first.count = TRAINED;
        epoch(net, run.t, &first, run.order, &run.o, 0, INFINITY);
        score_all(&scoring);
        suite_write(&s, "trained-1.f32", scoring.p, TEST_DIGITS * CLASSES);
        run.at = run.digits.count;
        suite_figure(&s, "peers.train", "\"batch\":\"1\",", "thrpt", "samples/s");
        suite_measure(&s, train_stretch, &run);
    }
    suite_close(&s, "C", __VERSION__, s.eager ? "one thread; bench/native/mnist.c, each update at once"
                                              : "one thread; bench/native/mnist.c, updates deferred, digits one by one");
    return 0;
}

int main(int argc, char **argv)
{
    Options o = { .epochs = 10, .calls = 1000000, .rate = 0.1f, .seed = 1 };
    set_up_tables();
    flush_subnormals();
    if (argc > 1 && !strcmp(argv[1], "suite")) return suite(argc, argv);
    int predicting = argc > 2 && !strcmp(argv[2], "predict");
    int bad = argc < 3 || (!predicting && strcmp(argv[2], "train"));
    for (int k = 3; k < argc && !bad; k++) {
        const char *value = k + 1 < argc ? argv[k + 1] : "";
        if (!strcmp(argv[k], "--dense")) o.dense = 1;
        else if (!strcmp(argv[k], "--eager")) o.eager = 1;
        else if (!strcmp(argv[k], "--epochs")) o.epochs = atoi(value), k++;
        else if (!strcmp(argv[k], "--calls")) o.calls = atoi(value), k++;
        else if (!strcmp(argv[k], "--rate")) o.rate = (float)atof(value), k++;
        else if (!strcmp(argv[k], "--seed")) o.seed = strtoull(value, NULL, 10), k++;
        else bad = 1;
    }
    if (bad || o.epochs < 1 || o.calls < 1) {
        fprintf(stderr, "mnist DIR train [--epochs N] [--rate R] [--seed S] [--dense] [--eager]\n"
                        "mnist DIR predict [--calls N] [--dense]\n");
        return 2;
    }
    Digits digits = read_digits(argv[1], "train"), test = read_digits(argv[1], "t10k");
    float *x = as_floats(&test);
    Network *net = new_network(o.seed);
    if (predicting) {
        Options short_run = o;
        short_run.epochs = 1;
        short_run.dense = 0;
        train(net, &digits, &test, x, &short_run);
        time_predictions(net, x, test.count, &o);
    } else {
        train(net, &digits, &test, x, &o);
    }
    return 0;
}
