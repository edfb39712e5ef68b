-- What an entry rested on, so that its exit corrects the right count.
alter table transit_rider add column spent_by text not null default 'face';
