/*
 * The 784-128-64-10 network by a matrix library, batches through cblas_sgemm:
 *   blas DIR predict                 the test digits, the best batch size's rate
 *   blas DIR train [--batch N] [--threads N] [--epochs N]
 *                                    mini-batch SGD with the rule of the example mnist
 *   blas dense [--rounds N]          GFLOP/s of a dense layer 1024->1024, batch 128, and of a
 *                                    training step of 1024-1024-1024
 * Prediction has random weights, which makes no difference in time.
 */
#include <cblas.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIXELS = 784, H1 = 128, H2 = 64, CLASSES = 10, TEST = 10000, TRAINING = 60000 };

static float *matrix(size_t n)
{
    float *p = NULL;
    if (posix_memalign((void **)&p, 64, n * sizeof *p)) { perror("memory"); exit(1); }
    return p;
}

static float *weights(int rows, int columns)
{
    float *w = matrix((size_t)rows * columns);
    for (int i = 0; i < rows * columns; i++) w[i] = ((float)rand() / (float)RAND_MAX - 0.5f) / 8;
    return w;
}

/* e^x for -87 <= x <= 87; gcc makes vectors of the loops around it. */
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
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, out, in, 1, x, in, w, out, 1, y, out);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
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

static void floats_of(const uint8_t *bytes, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = (float)bytes[i] * (1 / 255.0f);
}

/* ---------------------------------------------------------- prediction -- */

static int predict(const char *dir)
{
    uint8_t *bytes = read_idx(dir, "t10k-images-idx3-ubyte", 16, TEST, PIXELS);
    openblas_set_num_threads(1);
    float *x = matrix((size_t)TEST * PIXELS), *h1 = matrix((size_t)TEST * H1), *h2 = matrix((size_t)TEST * H2);
    float *p = matrix((size_t)TEST * CLASSES);
    floats_of(bytes, x, (size_t)TEST * PIXELS);
    float *w1 = weights(PIXELS, H1), *w2 = weights(H1, H2), *w3 = weights(H2, CLASSES);
    float *b1 = weights(1, H1), *b2 = weights(1, H2), *b3 = weights(1, CLASSES);

    double best = 0, check = 0;
    int best_rows = 0;
    for (int rows = 32; rows <= TEST; rows = rows == 2048 ? TEST : rows * 2)
        for (int round = 0; round < 20; round++) {
            double from = seconds();
            for (int k = 0; k < TEST; k += rows) {
                int n = TEST - k < rows ? TEST - k : rows;
                layer(x + (size_t)k * PIXELS, w1, b1, h1, n, PIXELS, H1);
                sigmoid(h1, n * H1);
                layer(h1, w2, b2, h2, n, H1, H2);
                sigmoid(h2, n * H2);
                layer(h2, w3, b3, p + (size_t)k * CLASSES, n, H2, CLASSES);
                softmax(p + (size_t)k * CLASSES, n);
            }
            double rate = TEST / (seconds() - from);
            if (rate > best) best = rate, best_rows = rows;
            check += p[0];
        }
    printf("Prediction: %.0f samples/s (%s, batches of %d, best of 20 rounds)\n", best, openblas_get_corename(),
           best_rows);
    return check < 0;
}

/* ------------------------------------------------------------ training -- */

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
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, d.in, d.out, 1, dy, d.out, d.w, d.out, 0, dx, d.in);
}

/* w += scale * x^T * dy, b += scale * the sum of dy's rows. */
static void update(Dense d, const float *x, const float *dy, int rows, float scale)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d.in, d.out, rows, scale, x, d.in, dy, d.out, 1, d.w, d.out);
    for (int r = 0; r < rows; r++)
        for (int o = 0; o < d.out; o++) d.b[o] += scale * dy[(size_t)r * d.out + o];
}

static void sigmoid_gradient(const float *y, float *dy, int n)
{
    for (int i = 0; i < n; i++) dy[i] *= y[i] * (1 - y[i]);
}

static int train(const char *dir, int batch, int threads, int epochs)
{
    uint8_t *images = read_idx(dir, "train-images-idx3-ubyte", 16, TRAINING, PIXELS);
    uint8_t *labels = read_idx(dir, "train-labels-idx1-ubyte", 8, TRAINING, 1);
    uint8_t *test = read_idx(dir, "t10k-images-idx3-ubyte", 16, TEST, PIXELS);
    uint8_t *answers = read_idx(dir, "t10k-labels-idx1-ubyte", 8, TEST, 1);
    openblas_set_num_threads(threads);
    size_t rows = (size_t)(batch > TEST ? batch : TEST);    /* the test digits go through it, too */
    float *x = matrix(rows * PIXELS), *h1 = matrix(rows * H1), *h2 = matrix(rows * H2), *p = matrix(rows * CLASSES);
    float *d1 = matrix(rows * H1), *d2 = matrix(rows * H2);
    Dense l1 = glorot(PIXELS, H1), l2 = glorot(H1, H2), l3 = glorot(H2, CLASSES);
    int *order = malloc(TRAINING * sizeof *order);
    for (int k = 0; k < TRAINING; k++) order[k] = k;
    float first = 0.1f * (float)batch < 1.6f ? 0.1f * (float)batch : 1.6f;
    double best = 0;
    for (int e = 0; e < epochs; e++) {
        double from = seconds(), loss = 0;
        for (int i = TRAINING - 1; i > 0; i--) {
            int j = (int)random_below((uint32_t)i + 1), k = order[i];
            order[i] = order[j];
            order[j] = k;
        }
        for (int k = 0; k < TRAINING; k += batch) {
            int n = TRAINING - k < batch ? TRAINING - k : batch;
            for (int r = 0; r < n; r++)
                floats_of(images + (size_t)order[k + r] * PIXELS, x + (size_t)r * PIXELS, PIXELS);
            forward(l1, x, h1, n);
            sigmoid(h1, n * H1);
            forward(l2, h1, h2, n);
            sigmoid(h2, n * H2);
            forward(l3, h2, p, n);
            softmax(p, n);
            for (int r = 0; r < n; r++) {
                float *truth = p + r * CLASSES + labels[order[k + r]];
                loss -= logf(*truth > 1e-15f ? *truth : 1e-15f);
                *truth -= 1;
            }
            double done = ((double)e * TRAINING + k) / ((double)epochs * TRAINING);
            float scale = -first * (float)(1 - done) / (float)n;
            input_gradient(l3, p, d2, n);
            sigmoid_gradient(h2, d2, n * H2);
            input_gradient(l2, d2, d1, n);
            sigmoid_gradient(h1, d1, n * H1);
            update(l3, h2, p, n, scale);
            update(l2, h1, d2, n, scale);
            update(l1, x, d1, n, scale);
        }
        double rate = TRAINING / (seconds() - from);
        if (rate > best) best = rate;
        floats_of(test, x, (size_t)TEST * PIXELS);
        forward(l1, x, h1, TEST);
        sigmoid(h1, TEST * H1);
        forward(l2, h1, h2, TEST);
        sigmoid(h2, TEST * H2);
        forward(l3, h2, p, TEST);
        int right = 0;
        for (int k = 0; k < TEST; k++) {
            int top = 0;
            for (int c = 1; c < CLASSES; c++) if (p[k * CLASSES + c] > p[k * CLASSES + top]) top = c;
            right += top == answers[k];
        }
        printf("epoch %2d  loss %.6f  accuracy %.2f %%  %.0f samples/s\n", e + 1, loss / TRAINING,
               100.0 * right / TEST, rate);
    }
    printf("Training: %.0f samples/s (%s, batches of %d, best epoch, evaluation left out)\n", best,
           openblas_get_corename(), batch);
    return 0;
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

static int dense(int rounds)
{
    openblas_set_num_threads(1);
    size_t n = (size_t)ROWS * SIZE;
    float *x = noise(n), *target = noise(n), *h = noise(n), *y = noise(n), *dh = noise(n);
    Dense a = glorot(SIZE, SIZE), b = glorot(SIZE, SIZE);
    double best[4] = { 1e9, 1e9, 1e9, 1e9 };
    for (int k = 0; k < rounds; k++) {
        double t[5];
        t[0] = seconds();
        forward(a, x, h, ROWS);
        t[1] = seconds();
        input_gradient(a, y, dh, ROWS);
        t[2] = seconds();
        update(a, x, y, ROWS, 1e-6f);
        t[3] = seconds();
        step(a, b, x, target, h, y, dh);
        t[4] = seconds();
        for (int i = 0; i < 4; i++) if (t[i + 1] - t[i] < best[i]) best[i] = t[i + 1] - t[i];
    }
    double product = 2e-9 * ROWS * SIZE * SIZE;
    printf("Forward: %.2f GFLOP/s\nInput gradient: %.2f GFLOP/s\nWeight gradient: %.2f GFLOP/s\n"
           "Step: %.2f GFLOP/s\nOpenBLAS kernels: %s\n", product / best[0], product / best[1], product / best[2],
           5 * product / best[3], openblas_get_corename());
    return 0;
}

int main(int argc, char **argv)
{
    int batch = 128, threads = 1, epochs = 10, rounds = 100;
    int layers = argc > 1 && !strcmp(argv[1], "dense"), at = layers ? 2 : 3;
    const char *mode = layers ? "dense" : argc > 2 ? argv[2] : "";
    int bad = !layers && strcmp(mode, "predict") && strcmp(mode, "train");
    for (int k = at; k < argc && !bad; k += 2) {
        int value = k + 1 < argc ? atoi(argv[k + 1]) : 0;
        if (!strcmp(mode, "train") && !strcmp(argv[k], "--batch")) batch = value;
        else if (!strcmp(mode, "train") && !strcmp(argv[k], "--threads")) threads = value;
        else if (!strcmp(mode, "train") && !strcmp(argv[k], "--epochs")) epochs = value;
        else if (layers && !strcmp(argv[k], "--rounds")) rounds = value;
        else bad = 1;
        bad |= value < 1;
    }
    if (bad || batch > TRAINING) {
        fprintf(stderr, "blas DIR predict\n"
                        "blas DIR train [--batch N] [--threads N] [--epochs N]\n"
                        "blas dense [--rounds N]\n");
        return 2;
    }
    return layers ? dense(rounds) : !strcmp(mode, "train") ? train(argv[1], batch, threads, epochs) : predict(argv[1]);
}
