/* The floor: what librdkafka itself takes to hand out the messages of a topic, in batches of 1,000, from C.
 *
 * consume BOOTSTRAP TOPIC MESSAGES GROUP WARM MEASURED [NAME=VALUE ...]
 *
 * Reads the topic WARM + MEASURED times, each time as a group of its own (GROUP-0, GROUP-1, ...), from its beginning until MESSAGES came,
 * touches every body, lets the client commit what it handed out, and prints for each of the last MEASURED passes
 *
 *     pass SECONDS MESSAGES CPU_MICROSECONDS 0
 *
 * measured from the first hundredth of the messages to the last, as the other clients of this benchmark are. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { BATCH = 1000 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_microseconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return ((double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec) * 1e6 + (double)used.ru_utime.tv_usec + (double)used.ru_stime.tv_usec;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "consume: %s: %s\n", what, why);
    exit(1);
}

static void set(rd_kafka_conf_t *settings, const char *name, const char *value) {
    char why[512];
    if (rd_kafka_conf_set(settings, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) fail(name, why);
}

static rd_kafka_t *client(const char *bootstrap, const char *group, int count, char **more) {
    char why[512];
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    set(settings, "bootstrap.servers", bootstrap);
    set(settings, "group.id", group);
    set(settings, "auto.offset.reset", "earliest");
    set(settings, "auto.commit.interval.ms", "1000");
    for (int i = 0; i < count; i++) {
        char name[256];
        const char *value = strchr(more[i], '=');
        if (!value || (size_t)(value - more[i]) >= sizeof name) fail(more[i], "is no NAME=VALUE");
        memcpy(name, more[i], (size_t)(value - more[i]));
        name[value - more[i]] = 0;
        set(settings, name, value + 1);
    }
    rd_kafka_t *made = rd_kafka_new(RD_KAFKA_CONSUMER, settings, why, sizeof why);
    if (!made) fail("rd_kafka_new", why);
    rd_kafka_poll_set_consumer(made);
    return made;
}

int main(int count, char **words) {
    if (count < 7) fail("usage", "consume BOOTSTRAP TOPIC MESSAGES GROUP WARM MEASURED [NAME=VALUE ...]");
    const long messages = atol(words[3]);
    const int warm = atoi(words[5]), passes = warm + atoi(words[6]);
    static rd_kafka_message_t *batch[BATCH];
    unsigned long touched = 0;
    for (int pass = 0; pass < passes; pass++) {
        char group[256];
        snprintf(group, sizeof group, "%s-%d", words[4], pass);
        rd_kafka_t *consumer = client(words[1], group, count - 7, words + 7);
        rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(topics, words[2], RD_KAFKA_PARTITION_UA);
        rd_kafka_resp_err_t error = rd_kafka_subscribe(consumer, topics);
        if (error) fail("rd_kafka_subscribe", rd_kafka_err2str(error));
        rd_kafka_topic_partition_list_destroy(topics);
        rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);

        long seen = 0, from = 0;
        double began = 0, cpu = 0;
        int measured = 0;
        while (seen < messages) {
            const ssize_t got = rd_kafka_consume_batch_queue(queue, 100, batch, BATCH);
            if (got < 0) fail("rd_kafka_consume_batch_queue", rd_kafka_err2str(rd_kafka_last_error()));
            for (ssize_t i = 0; i < got; i++) {
                if (batch[i]->err) {
                    fprintf(stderr, "consume: %s\n", rd_kafka_message_errstr(batch[i]));
                } else {
                    seen++;
                    touched += batch[i]->len ? ((const unsigned char *)batch[i]->payload)[0] : 0;
                }
                rd_kafka_message_destroy(batch[i]);
            }
            if (!from && seen >= messages / 100) {
                from = seen;
                cpu = cpu_microseconds();
                began = seconds();
            } else if (from && !measured && seen >= messages - messages / 100) {
                measured = 1;
                if (pass >= warm) printf("pass %.6f %ld %.0f 0\n", seconds() - began, seen - from, cpu_microseconds() - cpu);
            }
        }

        rd_kafka_queue_destroy(queue);
        error = rd_kafka_consumer_close(consumer);
        if (error) fail("rd_kafka_consumer_close", rd_kafka_err2str(error));
        rd_kafka_destroy(consumer);
    }
    return touched ? 0 : 1; /* read, so that no compiler leaves it out */
}
