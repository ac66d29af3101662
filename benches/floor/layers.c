/* layers LAYERS WIDTH SECONDS: LAYERS times WIDTH parallel `sleep SECONDS`, each layer after the one before has ended.
 * Prints seconds: the least that a layered graph takes on this machine. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

int main(int count, char **words) {
    if (count != 4) return 2;
    int layers = atoi(words[1]), width = atoi(words[2]);
    char *argv[] = {"/bin/sleep", words[3], NULL};
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (int layer = 0; layer < layers; layer++) {
        for (int i = 0; i < width; i++) {
            pid_t pid;
            if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ)) return 1;
        }
        for (int i = 0; i < width; i++) {
            int status;
            if (wait(&status) < 0 || status) return 1;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%.4f\n", ended.tv_sec - began.tv_sec + (ended.tv_nsec - began.tv_nsec) / 1e9);
    return 0;
}
