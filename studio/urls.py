from django.urls import path

from studio.views import files, gallery, inputs, pages, runs, stories

organization = [
    path("", pages.studio, name="studio"),
    path("runs/", pages.submit_run, name="submit_run"),
    path("sample/", stories.sample_run, name="sample_run"),
    path("runs/<uuid:code>/", stories.run_page, name="run"),
    path("runs/<uuid:code>/details/", stories.run_details, name="run_details"),
    path("runs/<uuid:code>/run.zip", stories.run_archive, name="run_archive"),
    path("runs/<uuid:code>/card/", pages.run_card, name="run_card"),
    path("runs/<uuid:code>/events/", runs.run_events, name="run_events"),
    path("runs/<uuid:code>/metadata.json", runs.run_metadata, name="run_metadata"),
    path("runs/<uuid:code>/cancel/", runs.cancel_run, name="cancel_run"),
    path("runs/<uuid:code>/slots/<int:index>/retry/", runs.retry_slot, name="retry_slot"),
    path("inputs/", inputs.give, name="give_input"),
    path("inputs/<uuid:code>/strokes.json", inputs.input_strokes, name="input_strokes"),
    path("inputs/<uuid:code>/<slug:shape>/", files.input_file, name="input_file"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/<uuid:code>/", gallery.picture, name="picture"),
    path("outputs/<uuid:code>/<slug:shape>/", files.output_file, name="output_file"),
    path("partials/<uuid:code>/<slug:shape>/", files.partial_file, name="partial_file"),
]
