// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>

#include "agent/fetch/thread.h"

int thread_start(void *(*run)(void *arg), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	r = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (!r)
		r = pthread_create(&thread, &attr, run, arg);
	pthread_attr_destroy(&attr);
	return -r;
}
