use microbatch::prelude::*;

fn main() {
    let (convert, listener) = ((), ());
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        pairs.foreachRDD(|batch, time| {});
        pairs.foreach_rdd(|batch| {});
        pairs.foreach(|record| {});
        pairs.cache().print();
        pairs.persist().print();
        pairs.slice(0, 10).print();
        pairs.count_by_key().print();
        pairs.saveAsTextFiles("counts");
        pairs.saveAsObjectFiles("counts");
        pairs.transformWith(pairs, |a, b, _| a);
        pairs.partition_by(4).print();
        pairs.pprint();
        pairs.checkpoint(10s);
        ssc.start();
        ssc.awaitTermination();
        ssc.checkpoint("state");
        ssc.fileStream("logs").print();
        ssc.rawSocketStream("localhost", 9999).print();
        ssc.socketStream("localhost", 9999, convert).print();
        ssc.addStreamingListener(listener);
        ssc.transform([pairs, pairs], |batches, time| batches).print();
        ssc.remember(60s);
    });
}
