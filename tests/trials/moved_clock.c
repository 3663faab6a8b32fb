/* The clock of the wall, moved by the nanoseconds in the file that MOVED_CLOCK names; other clocks stay.
 * Preloaded (LD_PRELOAD) into every process of a trial. libfaketime 0.9.10 was tried first: with it
 * time.sleep() of Python 3.11 ends in EINVAL, or waits for a condition never end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t SECOND = 1000000000;
static int64_t still = 0;
static volatile int64_t *moved = &still;

__attribute__((constructor)) static void opened(void) {
    const char *name = getenv("MOVED_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, sizeof still, PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) moved = page;
    close(file);
}

static void shift(struct timespec *at, int64_t by) {
    int64_t whole = at->tv_sec * SECOND + at->tv_nsec + by;
    at->tv_sec = whole / SECOND;
    at->tv_nsec = whole % SECOND;
}

/* Whoever waits until a moment of the moved clock has the kernel wait until that of its own. A
 * moment of the other clocks counts from the start of the machine: it is far smaller. */
static const struct timespec *kernels(const struct timespec *until, struct timespec *own) {
    if (until == NULL || until->tv_sec < 1000000000) return until;
    *own = *until;
    shift(own, -*moved);
    return own;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    int failed = (int)syscall(SYS_clock_gettime, clock, at);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(at, *moved);
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!next) next = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!next) next = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec own;
    return next(cond, mutex, kernels(until, &own));
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until) {
    static int (*next)(sem_t *, const struct timespec *);
    if (!next) next = dlsym(RTLD_NEXT, "sem_timedwait");
    struct timespec own;
    return next(sem, kernels(until, &own));
}

long syscall(long number, ...) {
    static long (*next)(long, ...);
    if (!next) next = dlsym(RTLD_NEXT, "syscall");
    va_list rest;
    va_start(rest, number);
    long a[6];
    for (int n = 0; n < 6; n++) a[n] = va_arg(rest, long);
    va_end(rest);
    struct timespec own;
    if (number == SYS_futex && (a[1] & FUTEX_CLOCK_REALTIME)) {
        a[3] = (long)kernels((const struct timespec *)a[3], &own);
    }
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
