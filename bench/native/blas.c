/*
 * The 784-128-64-10 network by a matrix library, batches through cblas_sgemm and single rows through cblas_sgemv; and, as
 * task "dense", GFLOP/s of a dense layer 1024->1024 at batch 128 and of a training step of 1024-1024-1024:
 *   blas suite OPTION VALUE ...      see suite.h
 *   blas core                        the CPU whose kernels OpenBLAS takes
 */
#include <cblas.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "suite.h"

enum { PIXELS = 784, H1 = 128, H2 = 64, CLASSES = 10, TEST = 10000, TRAINING = 60000 };

static float *matrix(size_t n)
{
    float *p = NULL;
    if (posix_memalign((void **)&p, 64, n * sizeof *p)) { perror("memory"); exit(1); }
    return p;
}

/* e^x for -87 <= x <= 87; gcc makes vectors of the loops around it. -ffast-math would undo the rounding, and exp. */
static inline float exp_of(float x)
{
    float t = x * 1.44269504f + 12582912.0f, n = t - 12582912.0f;
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + (r + 1.0f);
    int32_t bits, exponent;
    memcpy(&bits, &p, 4);
    memcpy(&exponent, &t, 4);
    bits += (int32_t)((uint32_t)exponent << 23);
    memcpy(&p, &bits, 4);
    return p;
}

static void sigmoid(float *y, int n)
{
    for (int i = 0; i < n; i++) {
        float x = -y[i];
        x = x > 80 ? 80 : x < -80 ? -80 : x;
        y[i] = 1 / (1 + exp_of(x));
    }
}

static void softmax(float *z, int rows)
{
    for (int r = 0; r < rows; r++, z += CLASSES) {
        float max = z[0], sum = 0;
        for (int c = 1; c < CLASSES; c++) if (z[c] > max) max = z[c];
        for (int c = 0; c < CLASSES; c++) sum += z[c] = exp_of(z[c] - max < -80 ? -80 : z[c] - max);
        for (int c = 0; c < CLASSES; c++) z[c] /= sum;
    }
}

static void layer(const float *x, const float *w, const float *b, float *y, int rows, int in, int out)
{
    for (int r = 0; r < rows; r++) memcpy(y + (size_t)r * out, b, out * sizeof *b);
    if (rows == 1) {
        cblas_sgemv(CblasRowMajor, CblasTrans, in, out, 1, w, out, x, 1, 1, y, 1);
        return;
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, out, in, 1, x, in, w, out, 1, y, out);
}

/* Reads count items of so many bytes behind the header of an IDX file. */
static uint8_t *read_idx(const char *dir, const char *name, int header, int count, int bytes)
{
    char command[4096];
    uint8_t skipped[16], *items = malloc((size_t)count * bytes);
    snprintf(command, sizeof command, "gzip -dc '%s/%s.gz'", dir, name);
    FILE *f = strchr(dir, '\'') ? NULL : popen(command, "r");
    if (!f || !items || fread(skipped, 1, (size_t)header, f) != (size_t)header ||
        fread(items, (size_t)bytes, (size_t)count, f) != (size_t)count) {
        fprintf(stderr, "cannot read %s/%s.gz\n", dir, name);
        exit(1);
    }
    pclose(f);
    return items;
}

/* Pixels from 0 to 1, before anything is timed. */
static float *read_images(const char *dir, const char *name, int count)
{
    size_t n = (size_t)count * PIXELS;
    uint8_t *bytes = read_idx(dir, name, 16, count, PIXELS);
    float *x = matrix(n);
    for (size_t i = 0; i < n; i++) x[i] = (float)bytes[i] * (1 / 255.0f);
    free(bytes);
    return x;
}

/* -------------------------------------------------------------- layers -- */

typedef struct { int in, out; float *w, *b; } Dense;

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n)        /* splitmix64 */
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (uint32_t)(((z ^ z >> 31) >> 32) * n >> 32);
}

static Dense glorot(int in, int out)
{
    Dense d = { in, out, matrix((size_t)in * out), matrix((size_t)out) };
    float limit = sqrtf(6.0f / (float)(in + out));
    for (int i = 0; i < in * out; i++) d.w[i] = limit * ((float)random_below(1 << 24) * 0x1p-23f - 1);
    memset(d.b, 0, (size_t)out * sizeof *d.b);
    return d;
}

static void forward(Dense d, const float *x, float *y, int rows) { layer(x, d.w, d.b, y, rows, d.in, d.out); }

/* dx = dy * w^T, before the update. */
static void input_gradient(Dense d, const float *dy, float *dx, int rows)
{
    if (rows == 1) {
        cblas_sgemv(CblasRowMajor, CblasNoTrans, d.in, d.out, 1, d.w, d.out, dy, 1, 0, dx, 1);
        return;
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, d.in, d.out, 1, dy, d.out, d.w, d.out, 0, dx, d.in);
}

/* w += scale * x^T * dy, b += scale * the sum of dy's rows. */
static void update(Dense d, const float *x, const float *dy, int rows, float scale)
{
    if (rows == 1) cblas_sger(CblasRowMajor, d.in, d.out, scale, x, 1, dy, 1, d.w, d.out);
    else cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d.in, d.out, rows, scale, x, d.in, dy, d.out, 1, d.w, d.out);
    for (int r = 0; r < rows; r++)
        for (int o = 0; o < d.out; o++) d.b[o] += scale * dy[(size_t)r * d.out + o];
}

static void sigmoid_gradient(const float *y, float *dy, int n)
{
    for (int i = 0; i < n; i++) dy[i] *= y[i] * (1 - y[i]);
}

/* --------------------------------------------------------------- dense -- */

enum { SIZE = 1024, ROWS = 128 };

static float *noise(size_t n)
{
    float *x = matrix(n);
    for (size_t i = 0; i < n; i++) x[i] = ((float)random_below(1 << 24) * 0x1p-23f - 1) * 1e-2f;
    return x;
}

/* A training step of two layers: sigmoid, then the mean squared error. */
static void step(Dense a, Dense b, const float *x, const float *target, float *h, float *y, float *dh)
{
    int n = ROWS * SIZE;
    forward(a, x, h, ROWS);
    sigmoid(h, n);
    forward(b, h, y, ROWS);
    for (int i = 0; i < n; i++) y[i] = (y[i] - target[i]) * (2.0f / SIZE);
    input_gradient(b, y, dh, ROWS);
    sigmoid_gradient(h, dh, n);
    update(b, h, y, ROWS, -1e-3f / ROWS);
    update(a, x, dh, ROWS, -1e-3f / ROWS);
}

typedef struct {
    Dense layer, a, b;
    float *in, *out, *dout, *din;           /* of the layer */
    float *x, *h, *y, *dh, *target;         /* of the step */
} Layers;

enum { PARTS = 4 };

/* GFLOP of one product of matrices. */
static const double PRODUCT = 2e-9 * ROWS * SIZE * SIZE;

static double dense_forward(void *state)
{
    Layers *l = state;
    forward(l->layer, l->in, l->out, ROWS);
    return PRODUCT;
}

static double dense_input_gradient(void *state)
{
    Layers *l = state;
    input_gradient(l->layer, l->dout, l->din, ROWS);
    return PRODUCT;
}

static double dense_weight_gradient(void *state)
{
    Layers *l = state;
    update(l->layer, l->in, l->dout, ROWS, 1e-6f);
    return PRODUCT;
}

static double dense_step(void *state)
{
    Layers *l = state;
    step(l->a, l->b, l->x, l->target, l->h, l->y, l->dh);
    return 5 * PRODUCT;
}

/* Each part in turn, over and over, so that none finds its arrays in a cache that the others have left alone. */
static void dense_windows(Suite *s, Windows parts[PARTS], int least)
{
    double end = suite_clock() + s->seconds / 2;
    for (int i = 0; i < PARTS; i++) parts[i].count = 0;
    suite_begin(s);
    do {
        for (int i = 0; i < PARTS; i++) suite_window(s, &parts[i], 1);
    } while (parts[0].count < least || suite_clock() < end);
}

static void dense(Suite *s)
{
    static const char *const names[] = { "forward", "input gradient", "weight gradient", "step" };
    size_t n = (size_t)ROWS * SIZE;
    Layers l = { glorot(SIZE, SIZE), glorot(SIZE, SIZE), glorot(SIZE, SIZE), noise(n), noise(n), noise(n), noise(n),
                 noise(n), noise(n), noise(n), noise(n), noise(n) };
    Windows parts[PARTS] = { { .work = dense_forward, .state = &l }, { .work = dense_input_gradient, .state = &l },
                             { .work = dense_weight_gradient, .state = &l }, { .work = dense_step, .state = &l } };
    dense_windows(s, parts, 1);
    dense_windows(s, parts, LEAST_WINDOWS);
    for (int i = 0; i < PARTS; i++) {
        char more[64];
        snprintf(more, sizeof more, "\"part\":\"%s\",\"batch\":\"%d\",", names[i], ROWS);
        suite_figure(s, "train.dense", more, "thrpt", "GFLOP/s");
        suite_rates(s, &parts[i]);
    }
}

/* ------------------------------------------------------------- the suite -- */

/* The network with room for so many rows, and the data. */
typedef struct {
    Dense l1, l2, l3;
    float *x, *h1, *h2, *p, *d1, *d2;
    float *images;      /* for training */
    uint8_t *labels;
    int *order, at, batch, rows;
    float *test, *answers;
    int scored;         /* test digits, in this turn */
    float rate;
} Net;

static Net network(int rows)
{
    size_t n = (size_t)rows;
    return (Net) { .l1 = glorot(PIXELS, H1), .l2 = glorot(H1, H2), .l3 = glorot(H2, CLASSES), .x = matrix(n * PIXELS),
                   .h1 = matrix(n * H1), .h2 = matrix(n * H2), .p = matrix(n * CLASSES), .d1 = matrix(n * H1),
                   .d2 = matrix(n * H2) };
}

static void read_weights(const Suite *s, const char *file, Net *net)
{
    enum { SIZE = PIXELS * H1 + H1 + H1 * H2 + H2 + H2 * CLASSES + CLASSES };
    Dense *layers[] = { &net->l1, &net->l2, &net->l3 };
    float *all = matrix(SIZE), *w = all;
    suite_read(s, file, all, SIZE);
    for (int k = 0; k < 3; k++) {
        size_t n = (size_t)layers[k]->in * layers[k]->out, out = (size_t)layers[k]->out;
        memcpy(layers[k]->w, w, n * sizeof *w), w += n;
        memcpy(layers[k]->b, w, out * sizeof *w), w += out;
    }
    free(all);
}

static void predict(const Net *net, const float *x, float *p, int n)
{
    forward(net->l1, x, net->h1, n);
    sigmoid(net->h1, n * H1);
    forward(net->l2, net->h1, net->h2, n);
    sigmoid(net->h2, n * H2);
    forward(net->l3, net->h2, p, n);
    softmax(p, n);
}

static void predict_digit(void *net, const float *x, float *p) { predict(net, x, p, 1); }

/* The next batch of test digits, over and over. */
static double score(void *state)
{
    Net *net = state;
    int k = net->scored, n = TEST - k < net->rows ? TEST - k : net->rows;
    predict(net, net->test + (size_t)k * PIXELS, net->answers + (size_t)k * CLASSES, n);
    net->scored = (k + n) % TEST;
    return n;
}

static void score_all(Net *net, int rows)
{
    net->rows = rows;
    net->scored = 0;
    do score(net); while (net->scored);
}

/* One step on the digits that order names. */
static void train_step(Net *net, const int *order, int n)
{
    const float *x = n == 1 ? net->images + (size_t)order[0] * PIXELS : net->x;
    if (n > 1)
        for (int r = 0; r < n; r++)
            memcpy(net->x + (size_t)r * PIXELS, net->images + (size_t)order[r] * PIXELS, PIXELS * sizeof *x);
    predict(net, x, net->p, n);
    for (int r = 0; r < n; r++) net->p[r * CLASSES + net->labels[order[r]]] -= 1;
    float scale = -net->rate / (float)n;
    input_gradient(net->l3, net->p, net->d2, n);
    sigmoid_gradient(net->h2, net->d2, n * H2);
    input_gradient(net->l2, net->d2, net->d1, n);
    sigmoid_gradient(net->h1, net->d1, n * H1);
    update(net->l3, net->h2, net->p, n, scale);
    update(net->l2, net->h1, net->d2, n, scale);
    update(net->l1, x, net->d1, n, scale);
}

/* A step, or steps of 32 samples. */
static double train_stretch(void *state)
{
    Net *net = state;
    int steps = net->batch < 32 ? 32 / net->batch : 1, samples = steps * net->batch;
    if (net->at + samples > TRAINING) {
        for (int i = TRAINING - 1; i > 0; i--) {
            int j = (int)random_below((uint32_t)i + 1), k = net->order[i];
            net->order[i] = net->order[j];
            net->order[j] = k;
        }
        net->at = 0;
    }
    for (int k = 0; k < steps; k++, net->at += net->batch) train_step(net, net->order + net->at, net->batch);
    return samples;
}

static void train(Suite *s, Net *net, int batch)
{
    char file[32], batch_of[32];
    snprintf(file, sizeof file, "trained-%d.f32", batch);
    snprintf(batch_of, sizeof batch_of, "\"batch\":\"%d\",", batch);
    if (!net->images) {
        net->images = read_images(s->digits, "train-images-idx3-ubyte", TRAINING);
        net->labels = read_idx(s->digits, "train-labels-idx1-ubyte", 8, TRAINING, 1);
        net->order = malloc(TRAINING * sizeof *net->order);
    }
    for (int k = 0; k < TRAINING; k++) net->order[k] = k;
    net->batch = batch;
    net->rate = batch == 1 ? 0.05f : 1.6f;
    read_weights(s, "initial.f32", net);
    for (int k = 0; k < TRAINED; k += batch) train_step(net, net->order + k, batch);
    score_all(net, net->rows);
    suite_write(s, file, net->answers, (size_t)TEST * CLASSES);
    net->at = TRAINING;
    suite_figure(s, "peers.train", batch_of, "thrpt", "samples/s");
    suite_measure(s, train_stretch, net);
}

/* The size of batches whose best window is the best; each has its share of the warm-up. */
static void digits(Suite *s, Net *net, char *settings)
{
    int sizes[] = { 1, 32, 64, 128, 256, 512, 1024, 2048, TEST }, tried = 9, chosen = 0;
    double best = 0;
    Windows w[9];
    for (int k = 0; k < tried; k++) {
        w[k] = (Windows) { .work = score, .state = net };
        net->rows = sizes[k];
        net->scored = 0;
        suite_windows(s, &w[k], s->seconds / 2 / tried, 1);
        for (int i = 0; i < w[k].count; i++) if (w[k].rates[i] > best) best = w[k].rates[i], chosen = k;
    }
    score_all(net, sizes[chosen]);
    suite_write(s, "predicted.f32", net->answers, (size_t)TEST * CLASSES);
    suite_figure(s, "peers.digits", "", "thrpt", "samples/s");
    suite_windows(s, &w[chosen], s->seconds / 2, LEAST_WINDOWS);
    suite_rates(s, &w[chosen]);
    if (sizes[chosen] == 1) strcat(settings, "; all digits one by one");
    else sprintf(settings + strlen(settings), "; all digits in batches of %d", sizes[chosen]);
}

static int suite(int argc, char **argv)
{
    Suite s;
    char settings[256], version[64] = "";
    suite_open(&s, argc, argv);
    openblas_set_num_threads(s.threads);
    const char *named = getenv("OPENBLAS_CORETYPE");
    snprintf(settings, sizeof settings, "%d thread%s, its kernels for %s%s; bench/native/blas.c: sgemm, and sgemv for one row",
             s.threads, s.threads == 1 ? "" : "s", openblas_get_corename(), named ? ", by OPENBLAS_CORETYPE" : "");
    sscanf(openblas_get_config(), "OpenBLAS %63s", version);
    if (suite_has(&s, "dense")) {
        dense(&s);
        suite_close(&s, "C on OpenBLAS", version, settings);
        return 0;
    }
    int start = suite_has(&s, "start");
    Net net = network(start ? 1 : TEST);
    read_weights(&s, "weights.f32", &net);
    net.rows = 256;
    if (start) {
        suite_read(&s, "digit.f32", net.x, PIXELS);
        predict(&net, net.x, net.p, 1);
        suite_write(&s, "predicted.f32", net.p, CLASSES);
    } else {
        net.test = read_images(s.digits, "t10k-images-idx3-ubyte", TEST);
        net.answers = matrix((size_t)TEST * CLASSES);
        if (suite_has(&s, "digits")) digits(&s, &net, settings);
        if (suite_has(&s, "predict")) suite_predict(&s, predict_digit, &net, net.test, PIXELS, CLASSES);
        if (suite_has(&s, "train-1")) train(&s, &net, 1);
        if (suite_has(&s, "train-32")) train(&s, &net, 32);
        if (suite_has(&s, "train-128")) train(&s, &net, 128);
    }
    suite_close(&s, "C on OpenBLAS", version, settings);
    return 0;
}

int main(int argc, char **argv)
{
    flush_subnormals();
    if (argc > 1 && !strcmp(argv[1], "suite")) return suite(argc, argv);
    if (argc > 1 && !strcmp(argv[1], "core")) return puts(openblas_get_corename()) < 0;
    fprintf(stderr, "blas suite OPTION VALUE ...\nblas core\n");
    return 2;
}
