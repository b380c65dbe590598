/*
 * What the programs here share when the benchmark suite runs them:
 *   PROGRAM suite --work DIR --digits DIR --out DIR --tasks TASK,... --by NAME [--kernels BITS]
 *           [--threads N] [--seconds S] [--eager 1]
 * Weights are read from files of little-endian floats in the folder "work"; predictions are written to "out", where
 * the suite checks them; figures are printed as one line of JSON. bench/java/lanewise/bench/peers/Work.java says what
 * the files hold, Driver.java what the tasks are.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { TRAINED = 1280, ITERATIONS = 5, TEST_DIGITS = 10000 };

typedef struct {
    const char *work, *digits, *out, *tasks, *by, *kernels;
    int threads, eager;
    int width;      /* bits of the vectors that were compiled; 0 where a library chooses */
    double seconds;
    FILE *figures;
    char *text;
    size_t length;
    int count;
} Suite;

/* Subnormal numbers are taken as 0: they would only be slow. */
static void flush_subnormals(void)
{
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040);
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | 1ull << 24));
#endif
}

static double suite_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void suite_fail(const char *what, const char *name)
{
    fprintf(stderr, "%s %s\n", what, name);
    exit(1);
}

/* Options come in pairs, after the word "suite". */
static void suite_open(Suite *s, int argc, char **argv)
{
    *s = (Suite) { .work = ".", .digits = ".", .out = ".", .tasks = "", .by = "", .kernels = "", .threads = 1,
                   .seconds = 1.5 };
    for (int k = 2; k + 1 < argc; k += 2) {
        const char *name = argv[k], *value = argv[k + 1];
        if (!strcmp(name, "--work")) s->work = value;
        else if (!strcmp(name, "--digits")) s->digits = value;
        else if (!strcmp(name, "--out")) s->out = value;
        else if (!strcmp(name, "--tasks")) s->tasks = value;
        else if (!strcmp(name, "--by")) s->by = value;
        else if (!strcmp(name, "--kernels")) s->kernels = value;
        else if (!strcmp(name, "--threads")) s->threads = atoi(value);
        else if (!strcmp(name, "--eager")) s->eager = atoi(value);
        else if (!strcmp(name, "--seconds")) s->seconds = atof(value);
        else suite_fail("unknown option", name);
    }
    s->figures = open_memstream(&s->text, &s->length);
    if (!s->figures) suite_fail("no memory for", "figures");
}

static int suite_has(const Suite *s, const char *task)
{
    size_t n = strlen(task);
    for (const char *p = s->tasks; p; p = strchr(p, ',')) {
        if (*p == ',') p++;
        if (!strncmp(p, task, n) && (p[n] == ',' || p[n] == 0)) return 1;
    }
    return 0;
}

static void suite_file(const char *dir, const char *name, const char *mode, float *x, size_t n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, mode);
    size_t done = !f ? 0 : *mode == 'r' ? fread(x, sizeof *x, n, f) : fwrite(x, sizeof *x, n, f);
    if (done != n || fclose(f)) suite_fail("not all floats could be read or written:", path);
}

static void suite_read(const Suite *s, const char *name, float *x, size_t n) { suite_file(s->work, name, "rb", x, n); }

static void suite_write(const Suite *s, const char *name, float *x, size_t n) { suite_file(s->out, name, "wb", x, n); }

/* Begins a figure, up to its values; more has further parameters as JSON, each with a comma behind it. The kernels that
   were asked for are a parameter; those that ran are what was compiled. */
static void suite_figure(Suite *s, const char *benchmark, const char *more, const char *mode, const char *unit)
{
    fprintf(s->figures, "%s{\"benchmark\":\"%s\",\"params\":{%s", s->count++ ? "," : "", benchmark, more);
    if (s->threads > 1) fprintf(s->figures, "\"threads\":\"%d\",", s->threads);
    if (*s->kernels) fprintf(s->figures, "\"kernels\":\"%s\",", s->kernels);
    fprintf(s->figures, "\"by\":\"%s\"},\"mode\":\"%s\",\"unit\":\"%s\",\"still\":false,", s->by, mode, unit);
    if (s->width) fprintf(s->figures, "\"kernels\":\"%d\",", s->width);
}

static void suite_values(Suite *s, const double *values, int n)
{
    fprintf(s->figures, "\"values\":[");
    for (int k = 0; k < n; k++) fprintf(s->figures, "%s%.9g", k ? "," : "", values[k]);
    fprintf(s->figures, "]}");
}

/* Does work for so many seconds, once at least. Work returns how many samples it has done. Returns samples a second. */
typedef int (*SuiteWork)(void *state);

static double suite_rate(SuiteWork work, void *state, double limit)
{
    double from = suite_clock(), now, done = 0;
    do {
        done += work(state);
        now = suite_clock();
    } while (now - from < limit);
    return done / (now - from);
}

/* Warms up in half of the time, then measures. */
static void suite_rates(Suite *s, SuiteWork work, void *state, int warm)
{
    double rates[ITERATIONS];
    if (!warm) suite_rate(work, state, s->seconds / 2);
    for (int k = 0; k < ITERATIONS; k++) rates[k] = suite_rate(work, state, s->seconds / 2 / ITERATIONS);
    suite_values(s, rates, ITERATIONS);
}

static int suite_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Three digits, as of histograms elsewhere. */
static double suite_rounded(double x)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.2e", x);
    return atof(digits);
}

/* One digit at a time, written by the caller just before; predict overwrites its probabilities. */
typedef void (*SuitePredict)(void *network, const float *digit, float *probabilities);

static void suite_predict(Suite *s, SuitePredict predict, void *network, const float *digits, int pixels, int classes)
{
    float digit[1024] __attribute__((aligned(64))), p[64] __attribute__((aligned(64)));
    float *all = malloc(sizeof *all * TEST_DIGITS * (size_t)classes);
    for (int k = 0; k < TEST_DIGITS; k++) {
        predict(network, digits + (size_t)k * pixels, p);
        memcpy(all + (size_t)k * classes, p, (size_t)classes * sizeof *p);
    }
    suite_write(s, "single.f32", all, (size_t)TEST_DIGITS * classes);
    free(all);
    size_t n = 0, room = 1 << 20;
    double *took = malloc(room * sizeof *took);
    double warm = suite_clock() + s->seconds / 2, end = warm + s->seconds / 2, from = 0;
    for (size_t k = 0; from < end; k++) {
        memcpy(digit, digits + k % TEST_DIGITS * (size_t)pixels, (size_t)pixels * sizeof *digit);
        from = suite_clock();
        predict(network, digit, p);
        double now = suite_clock();
        if (from < warm) continue;
        if (n == room) took = realloc(took, (room *= 2) * sizeof *took);
        took[n++] = 1e6 * (now - from);
    }
    qsort(took, n, sizeof *took, suite_order);
    suite_figure(s, "peers.predict", "", "sample", "us/op");
    fprintf(s->figures, "\"values\":[],\"histogram\":[");
    for (size_t k = 0, to; k < n; k = to) {
        double value = suite_rounded(took[k]);
        for (to = k + 1; to < n && suite_rounded(took[to]) <= value; to++);
        fprintf(s->figures, "%s[%g,%zu]", k ? "," : "", value, to - k);
    }
    fprintf(s->figures, "]}");
    free(took);
}

/* Prints everything. */
static void suite_close(Suite *s, const char *name, const char *version, const char *settings)
{
    fclose(s->figures);
    printf("{\"subject\":{\"name\":\"%s\",\"version\":\"%s\",\"settings\":\"%s\",\"check\":\"\"},\"arguments\":[],"
           "\"figures\":[%s]}\n", name, version, settings, s->text);
    free(s->text);
}
