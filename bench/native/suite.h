/*
 * What the programs here share when the benchmark suite runs them:
 *   PROGRAM suite --work DIR --digits DIR --out DIR --tasks TASK,... --by NAME [--kernels BITS]
 *           [--threads N] [--seconds S] [--eager 1]
 * Weights are read from files of little-endian floats in the folder "work"; predictions are written to "out", where
 * the suite checks them; figures are printed as one line of JSON. bench/java/lanewise/bench/peers/Work.java says what
 * the files hold, Driver.java what the tasks are.
 *
 * Everything is measured in short windows, with the speed of the core read before and after each. A program of a
 * neighbour on the same core slows the work for a few milliseconds up to seconds, and the reading as well; so the suite
 * can drop the windows that were disturbed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { TRAINED = 1280, LEAST_WINDOWS = 5, TEST_DIGITS = 10000, ROUNDS = 6144 };

/* Seconds of a window, and of a window of calls that are timed one by one. */
static const double WINDOW = 2e-3, CALLS_WINDOW = 1e-3;

/* The share of the highest clock that the clock of an undisturbed window has at least. */
static const double QUIET = 0.98;

typedef struct {
    const char *work, *digits, *out, *tasks, *by, *kernels;
    int threads, eager;
    int width;      /* bits of the vectors that were compiled; 0 where a library chooses */
    double seconds;
    double speed, fastest;  /* of the core: the last reading, and the highest clock of a window */
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

static void suite_list(Suite *s, const char *name, const double *values, int n, int digits)
{
    fprintf(s->figures, "\"%s\":[", name);
    for (int k = 0; k < n; k++) fprintf(s->figures, "%s%.*g", k ? "," : "", digits, values[k]);
    fprintf(s->figures, "]");
}

/* ------------------------------------------------------------ windows -- */

static inline uint64_t suite_step(uint64_t x) { return x * 6364136223846793005u + 1442695040888963407u; }

/*
 * The speed of the core: steps a nanosecond of eight chains of multiplications and additions side by side, about 20 us, in
 * registers only. One chain alone waits for its own results most of the time. A neighbour on the same core then costs it
 * less than 2 % mostly, while the work loses up to a third; eight chains fill the multiplier, as the work fills its units.
 */
static double suite_speed(void)
{
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
    double from = suite_clock();
    for (int k = 0; k < ROUNDS; k++) {
        a = suite_step(a), b = suite_step(b), c = suite_step(c), d = suite_step(d);
        e = suite_step(e), f = suite_step(f), g = suite_step(g), h = suite_step(h);
        /* The compiler keeps each step, no vectors of them, and their place between the clocks. */
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f), "+r"(g), "+r"(h));
    }
    return 8 * ROUNDS * 1e-9 / (suite_clock() - from);
}

/* Begins a row of windows. */
static void suite_begin(Suite *s) { s->speed = suite_speed(); }

/* Ends a window. Returns its clock, the lower of the speeds before and after it; the speed after it is the one before
   the next window. */
static double suite_end(Suite *s)
{
    double before = s->speed;
    s->speed = suite_speed();
    double clock = before < s->speed ? before : s->speed;
    if (clock > s->fastest) s->fastest = clock;
    return clock;
}

/* Does a short piece of work. Returns how much that was, in the figure's unit without the second. */
typedef double (*SuiteWork)(void *state);

/* Windows of some work, each with its rate and its clock. */
typedef struct {
    SuiteWork work;
    void *state;
    double calls, took;     /* of all windows so far, the warm-up's too */
    double *rates, *clocks;
    int count, room;
} Windows;

static void suite_window(Suite *s, Windows *w, int calls)
{
    if (w->count == w->room) {
        w->room = w->room ? 2 * w->room : 1024;
        w->rates = realloc(w->rates, (size_t)w->room * sizeof *w->rates);
        w->clocks = realloc(w->clocks, (size_t)w->room * sizeof *w->clocks);
        if (!w->rates || !w->clocks) suite_fail("no memory for", "windows");
    }
    double done = 0, from = suite_clock();
    for (int k = 0; k < calls; k++) done += w->work(w->state);
    double took = suite_clock() - from;
    w->calls += calls;
    w->took += took;
    w->rates[w->count] = done / took;
    w->clocks[w->count++] = suite_end(s);
}

/* Windows for so many seconds, and so many of them at least, instead of those before. */
static void suite_windows(Suite *s, Windows *w, double limit, int least)
{
    double end = suite_clock() + limit;
    w->count = 0;
    suite_begin(s);
    do {
        double calls = w->calls ? WINDOW * w->calls / w->took : 1;
        suite_window(s, w, calls < 1 ? 1 : (int)(calls + 0.5));
    } while (w->count < least || suite_clock() < end);
}

/* Ends a figure by its windows. */
static void suite_rates(Suite *s, Windows *w)
{
    suite_list(s, "values", w->rates, w->count, 9);
    fputc(',', s->figures);
    suite_list(s, "clocks", w->clocks, w->count, 5);
    fputc('}', s->figures);
    free(w->rates);
    free(w->clocks);
}

/* Warms up in half of the time, then measures. */
static void suite_measure(Suite *s, SuiteWork work, void *state)
{
    Windows w = { .work = work, .state = state };
    suite_windows(s, &w, s->seconds / 2, 1);
    suite_windows(s, &w, s->seconds / 2, LEAST_WINDOWS);
    suite_rates(s, &w);
}

/* -------------------------------------------------------- single calls -- */

/* One digit at a time, written by the caller just before; predict overwrites its probabilities. */
typedef void (*SuitePredict)(void *network, const float *digit, float *probabilities);

typedef struct { double took; int window; } Call;

/* Calls timed one by one, and the clocks of the windows that they are in. */
typedef struct {
    Call *of;
    double *clocks;
    size_t count, room;
    int windows, windows_room;
} Calls;

static int suite_order(const void *a, const void *b)
{
    double x = ((const Call *)a)->took, y = ((const Call *)b)->took;
    return (x > y) - (x < y);
}

/* Three digits, as of histograms elsewhere. */
static double suite_rounded(double x)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.2e", x);
    return atof(digits);
}

static void suite_call(Calls *c, double took)
{
    if (c->count == c->room) {
        c->room = c->room ? 2 * c->room : 1 << 16;
        c->of = realloc(c->of, c->room * sizeof *c->of);
        if (!c->of) suite_fail("no memory for", "calls");
    }
    c->of[c->count++] = (Call) { 1e6 * took, c->windows };
}

static void suite_call_window(Suite *s, Calls *c)
{
    if (c->windows == c->windows_room) {
        c->windows_room = c->windows_room ? 2 * c->windows_room : 1024;
        c->clocks = realloc(c->clocks, (size_t)c->windows_room * sizeof *c->clocks);
        if (!c->clocks) suite_fail("no memory for", "windows");
    }
    c->clocks[c->windows++] = suite_end(s);
}

/* Calls for so many seconds, and LEAST_WINDOWS windows at least, instead of those before. */
static void suite_calls(Suite *s, Calls *c, SuitePredict predict, void *network, const float *digits, int pixels,
                        double limit)
{
    float digit[1024] __attribute__((aligned(64))), p[64] __attribute__((aligned(64)));
    double end = suite_clock() + limit, now = 0;
    c->count = 0;
    c->windows = 0;
    suite_begin(s);
    for (size_t k = 0; now < end || c->windows < LEAST_WINDOWS;) {
        double window = suite_clock() + CALLS_WINDOW;
        do {
            memcpy(digit, digits + k++ % TEST_DIGITS * (size_t)pixels, (size_t)pixels * sizeof *digit);
            double from = suite_clock();
            predict(network, digit, p);
            now = suite_clock();
            suite_call(c, now - from);
        } while (now < window);
        suite_call_window(s, c);
    }
}

/* Ends a figure by the histogram of the calls in undisturbed windows, and the clocks of all windows. */
static void suite_histogram(Suite *s, Calls *c)
{
    size_t n = 0;
    for (size_t k = 0; k < c->count; k++)
        if (c->clocks[c->of[k].window] >= QUIET * s->fastest) c->of[n++] = c->of[k];
    qsort(c->of, n, sizeof *c->of, suite_order);
    fprintf(s->figures, "\"values\":[],\"histogram\":[");
    for (size_t k = 0, to; k < n; k = to) {
        double value = suite_rounded(c->of[k].took);
        for (to = k + 1; to < n && suite_rounded(c->of[to].took) <= value; to++);
        fprintf(s->figures, "%s[%g,%zu]", k ? "," : "", value, to - k);
    }
    fprintf(s->figures, "],");
    suite_list(s, "clocks", c->clocks, c->windows, 5);
    fputc('}', s->figures);
    free(c->of);
    free(c->clocks);
}

static void suite_predict(Suite *s, SuitePredict predict, void *network, const float *digits, int pixels, int classes)
{
    float p[64] __attribute__((aligned(64)));
    float *all = malloc(sizeof *all * TEST_DIGITS * (size_t)classes);
    for (int k = 0; k < TEST_DIGITS; k++) {
        predict(network, digits + (size_t)k * pixels, p);
        memcpy(all + (size_t)k * classes, p, (size_t)classes * sizeof *p);
    }
    suite_write(s, "single.f32", all, (size_t)TEST_DIGITS * classes);
    free(all);
    Calls calls = { 0 };
    suite_calls(s, &calls, predict, network, digits, pixels, s->seconds / 2);
    suite_calls(s, &calls, predict, network, digits, pixels, s->seconds / 2);
    suite_figure(s, "peers.predict", "", "sample", "us/op");
    suite_histogram(s, &calls);
}

/* Prints everything. */
static void suite_close(Suite *s, const char *name, const char *version, const char *settings)
{
    fclose(s->figures);
    printf("{\"subject\":{\"name\":\"%s\",\"version\":\"%s\",\"settings\":\"%s\",\"check\":\"\"},\"arguments\":[],"
           "\"figures\":[%s]}\n", name, version, settings, s->text);
    free(s->text);
}
