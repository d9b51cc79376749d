package sample;

import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.event.ListenerContainerIdleEvent;

/** A Spring application as the guides show it: a NewTopic bean, a KafkaTemplate that sends, a listener that receives and commits. */
@SpringBootApplication
public class Sample {
    static final int RECORDS = 100;
    static final String TOPIC = System.getProperty("sample.topic", "spring-sample");
    static final Map<String, String> received = new ConcurrentHashMap<>();
    static final Map<String, Integer> partitionOf = new ConcurrentHashMap<>();
    static final CountDownLatch all = new CountDownLatch(RECORDS), idle = new CountDownLatch(1);

    @Bean
    NewTopic topic() { return new NewTopic(TOPIC, 3, (short) 1); }

    @KafkaListener(id = "sample-listener", groupId = "${sample.group}", topics = "${sample.topic}", concurrency = "3", properties = "auto.offset.reset:earliest")
    void listen(ConsumerRecord<String, String> r) {
        Integer home = partitionOf.putIfAbsent(r.key(), r.partition());
        if (home != null && home != r.partition()) System.out.println("key " + r.key() + " in two partitions");
        byte[] header = r.headers().lastHeader("n").value();
        if (!r.value().equals("value-" + new String(header))) System.out.println("header " + new String(header) + " with " + r.value());
        if (received.put(r.value(), r.key()) != null) System.out.println("twice: " + r.value());
        all.countDown();
    }

    @EventListener
    void idle(ListenerContainerIdleEvent e) { idle.countDown(); }

    public static void main(String[] args) throws Exception {
        try (ConfigurableApplicationContext app = SpringApplication.run(Sample.class, args)) {
            @SuppressWarnings("unchecked")
            KafkaTemplate<String, String> template = app.getBean(KafkaTemplate.class);
            List<Future<?>> sent = new ArrayList<>();
            for (int i = 0; i < RECORDS; i++) {
                ProducerRecord<String, String> r = new ProducerRecord<>(TOPIC, "key-" + i % 10, "value-" + i);
                r.headers().add("n", String.valueOf(i).getBytes());
                sent.add((Future<?>) template.send(r));
            }
            for (Future<?> f : sent) f.get(20, TimeUnit.SECONDS);
            System.out.println("sent " + sent.size());
            all.await(30, TimeUnit.SECONDS);
            System.out.println("received " + received.size());
            if (app.getEnvironment().containsProperty("spring.kafka.listener.idle-event-interval"))
                System.out.println("idle event " + idle.await(10, TimeUnit.SECONDS));
        }
        try (AdminClient admin = AdminClient.create(Collections.<String, Object>singletonMap("bootstrap.servers", System.getProperty("spring.kafka.bootstrap-servers")))) {
            long committed = 0, partitions = 0;
            for (Map.Entry<TopicPartition, OffsetAndMetadata> e :
                    admin.listConsumerGroupOffsets(System.getProperty("sample.group")).partitionsToOffsetAndMetadata().get().entrySet()) {
                committed += e.getValue() == null ? 0 : e.getValue().offset();
                partitions++;
            }
            System.out.println("committed " + committed + " in " + partitions + " partitions");
        }
    }
}
