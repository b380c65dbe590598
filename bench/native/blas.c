/*
 * Bulk prediction of the 784-128-64-10 network by a matrix library: batches
 * of images through three calls of cblas_sgemm. The weights are random, which
 * makes no difference in time. Prints the best batch size's rate.
 */
#include <cblas.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIXELS = 784, H1 = 128, H2 = 64, CLASSES = 10, MOST = 10000 };

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

int main(int argc, char **argv)
{
    if (argc != 2) { fprintf(stderr, "blas DIR\n"); return 2; }
    char command[4096];
    snprintf(command, sizeof command, "gzip -dc '%s/t10k-images-idx3-ubyte.gz'", argv[1]);
    FILE *f = strchr(argv[1], '\'') ? NULL : popen(command, "r");
    uint8_t header[16], *bytes = malloc((size_t)MOST * PIXELS);
    if (!f || fread(header, 1, 16, f) != 16 || fread(bytes, PIXELS, MOST, f) != MOST) {
        fprintf(stderr, "cannot read the test digits\n");
        return 1;
    }
    pclose(f);
    openblas_set_num_threads(1);
    float *x = matrix((size_t)MOST * PIXELS), *h1 = matrix((size_t)MOST * H1), *h2 = matrix((size_t)MOST * H2);
    float *p = matrix((size_t)MOST * CLASSES);
    for (size_t i = 0; i < (size_t)MOST * PIXELS; i++) x[i] = (float)bytes[i] * (1 / 255.0f);
    float *w1 = weights(PIXELS, H1), *w2 = weights(H1, H2), *w3 = weights(H2, CLASSES);
    float *b1 = weights(1, H1), *b2 = weights(1, H2), *b3 = weights(1, CLASSES);

    double best = 0, check = 0;
    int best_rows = 0;
    for (int rows = 32; rows <= MOST; rows = rows == 2048 ? MOST : rows * 2)
        for (int round = 0; round < 20; round++) {
            double from = seconds();
            for (int k = 0; k < MOST; k += rows) {
                int n = MOST - k < rows ? MOST - k : rows;
                layer(x + (size_t)k * PIXELS, w1, b1, h1, n, PIXELS, H1);
                sigmoid(h1, n * H1);
                layer(h1, w2, b2, h2, n, H1, H2);
                sigmoid(h2, n * H2);
                layer(h2, w3, b3, p + (size_t)k * CLASSES, n, H2, CLASSES);
                softmax(p + (size_t)k * CLASSES, n);
            }
            double rate = MOST / (seconds() - from);
            if (rate > best) best = rate, best_rows = rows;
            check += p[0];
        }
    printf("Prediction: %.0f samples/s (%s, batches of %d, best of 20 rounds)\n", best, openblas_get_corename(),
           best_rows);
    return check < 0;
}
