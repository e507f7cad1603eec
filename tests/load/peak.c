/* peak FILE COMMAND...: run it; FILE gets the most memory that it had, in KiB. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct rusage usage;
	int status = 1;
	if (argc < 3 || fork() == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	wait(&status);
	getrusage(RUSAGE_CHILDREN, &usage);
	FILE *out = fopen(argv[1], "w");
	fprintf(out, "%ld\n", usage.ru_maxrss);
	fclose(out);
	return status != 0;
}
